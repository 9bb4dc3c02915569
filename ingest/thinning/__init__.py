"""Thins dense streams that no judgement reads any more to what stands for them (decision 59)."""
