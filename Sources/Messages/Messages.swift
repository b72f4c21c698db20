enum MessagesRoom {}
