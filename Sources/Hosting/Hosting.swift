enum HostingRoom {}
