"""The ninth proof: who has no token of ours, or one whose time is over, makes us do nothing."""
