enum SchedulingRoom {}
