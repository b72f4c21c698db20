import Glibc
import Messages

/// What a command needs to read, apart from what every program may.
enum ReadablePaths {
    /// The directories of the program and of files among its arguments, and the one it starts in.
    static func needed(by command: HostCommand) -> [String] {
        var paths: [String] = []
        if command.executable.contains("/") { paths.append(directory(of: command.executable)) }
        // A program may be a link into a place of its own: a virtual environment's Python.
        if let target = resolved(command.executable) { paths.append(directory(of: target)) }
        let start = command.workingDirectory
        if let start { paths.append(start) }
        for argument in command.arguments {
            let path = argument.hasPrefix("/") ? argument : "\(start ?? ".")/\(argument)"
            var information = stat()
            guard unsafe path.withPath({ unsafe stat($0, &information) }) == 0, information.st_mode & S_IFMT == S_IFREG
            else { continue }
            paths.append(directory(of: path))
        }
        // A directory that holds everything allows nothing less.
        return Array(Set(paths.map(absolute))).filter { $0 != "/" }.sorted()
    }

    /// The path from the root on, without links; as it is where there is no such file.
    static func absolute(_ path: String) -> String { resolved(path) ?? path }

    private static func resolved(_ path: String) -> String? {
        guard path.contains("/") || path == ".", let found = unsafe path.withPath({ unsafe realpath($0, nil) }) else {
            return nil
        }
        defer { unsafe free(found) }
        return unsafe FileName.text(ofCString: found)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
