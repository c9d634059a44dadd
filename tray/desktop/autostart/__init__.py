"""Start at login: what each platform reads when a person logs in, written and removed for them."""
