"""One pass over a leg: the frame table every detector reads, and sample-exact candidates of damage. No decision is made here."""
