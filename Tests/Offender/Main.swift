import Glibc

/// A host that misbehaves as its first argument says; the tests' counterpart of a strategy that does.
@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let number = arguments.dropFirst().first.flatMap { Int32($0) } ?? 0
        guard let mode = arguments.first, let behaviour = Behaviour.named(mode, number) else {
            Wire.write(Array("offender: unknown mode \(arguments)\n".utf8), to: 2)
            exit(64)
        }
        behaviour()
        exit(0)
    }
}
