"""What a field is asked: free space, paths, poses, labels, meshes, next views."""
