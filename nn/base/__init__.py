"""What every part of the package uses: checks of arguments, numbers from data of any kind, random numbers."""
