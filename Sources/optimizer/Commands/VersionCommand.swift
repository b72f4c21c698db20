import Kafka
import Messages
import Worker

/// `optimizer version`: which program this is.
enum VersionCommand: Command {
    static let name = "version"
    static let summary = "which version this is, and of librdkafka beneath it"
    static let help = """
        optimizer version [--json]

        The version of this program; with --json also that of the librdkafka it runs with, and the assignor that follows
        from that: nodes of one group must have the same. optimizer --version is the same command.
        """
    static let options = [Option("json", "one JSON object on standard output")]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        try arguments.expectPositional(0...0, "nothing")
        try DataWriter.write(arguments.has("json") ? [json] : ["optimizer \(ProductVersion.text)"])
        return ExitCode.success
    }

    private static var json: String {
        JSONValue.object([
            JSONMember("version", .string(ProductVersion.text)),
            JSONMember("librdkafka", .string(KafkaLibrary.version)),
            JSONMember("assignor", .string(KafkaLibrary.assignor)),
        ]).text
    }
}
