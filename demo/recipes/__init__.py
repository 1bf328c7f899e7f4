"""What people build most often, each as some lines of template and one function."""
