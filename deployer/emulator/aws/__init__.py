"""What several gaps share: how AWS weighs rights, words its refusals, and keeps what it is given."""
