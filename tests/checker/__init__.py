"""An independent checker of Peyvand's promises: it shares no code with the service, and reads only what outsiders can."""
