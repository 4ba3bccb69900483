"""Proof that oversight works here: probes and attacks against this installation's policy, kept nowhere."""
