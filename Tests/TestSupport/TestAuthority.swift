/// Makes certificates in a folder of its own, by the program openssl.
package struct TestAuthority {
    package let folder: TemporaryFolder

    package static let program = CommandLineTool.find("openssl")

    package init() throws {
        folder = try TemporaryFolder()
        try run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder.file("key.pem")])
    }

    /// Signed by its own key, and valid for so many days from now; below 0 it has expired.
    package func certificate(_ name: String, days: Int) throws {
        try run([
            "req", "-new", "-key", folder.file("key.pem"), "-subj", "/CN=\(name)", "-out", folder.file("request.pem"),
        ])
        try run([
            "x509", "-req", "-in", folder.file("request.pem"), "-signkey", folder.file("key.pem"), "-days", "\(days)",
            "-out", folder.file(name),
        ])
    }

    /// The certificate and its key in PKCS #12.
    package func keystore(_ name: String, of certificate: String, password: String) throws {
        try run([
            "pkcs12", "-export", "-in", folder.file(certificate), "-inkey", folder.file("key.pem"), "-passout",
            "pass:\(password)", "-out", folder.file(name),
        ])
    }

    private func run(_ arguments: [String]) throws {
        guard let program = Self.program else { throw Failure("there is no openssl") }
        let outcome = try CommandLineTool.run(program, arguments)
        guard outcome.status == 0 else { throw Failure("openssl \(arguments[0]): \(outcome.output)") }
    }
}
