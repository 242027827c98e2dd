"""The page "Live": the people in the calls, what an owner does about them, and the numbers."""
