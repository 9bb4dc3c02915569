"""What people said of the use of their data, and what stands of it at the moment of use."""
