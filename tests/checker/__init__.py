"""An independent checker of Peyvand's promises. It shares no code with the service and reads only what outsiders
can."""
