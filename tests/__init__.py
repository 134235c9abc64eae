"""The tests mirror services/; fakes and builders are shared by import."""
