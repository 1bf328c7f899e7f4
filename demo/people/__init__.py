"""Who may change things: two demo users, without passwords."""
