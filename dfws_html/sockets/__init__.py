"""How one window's socket lives: recognised, welcomed, heard within limits, ended with a reason."""
