import Messages

/// What this program was called with.
package enum ProgramArguments {
    /// Its name and the words behind it, as `FileName` has them: they may be names of files.
    package static var all: [String] {
        (0..<Int(CommandLine.argc)).compactMap { place in
            unsafe CommandLine.unsafeArgv[place].map { unsafe FileName.text(ofCString: $0) }
        }
    }
}
