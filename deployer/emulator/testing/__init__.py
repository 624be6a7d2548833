"""What the tests of the emulator share; nothing here is embedded into the executable."""
