/// Makes certificates in a folder of its own, by the program openssl.
package struct TestAuthority {
    package let folder: TemporaryFolder

    package static let program = CommandLineTool.find("openssl")

    package init() throws {
        folder = try TemporaryFolder()
        try run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder.file("key.pem")])
    }

    /// Signed by its own key, and valid for so many days from now.
    package func certificate(_ name: String, days: Int) throws {
        try request(name)
        try run([
            "x509", "-req", "-in", folder.file("request.pem"), "-key", folder.file("key.pem"), "-days", "\(days)",
            "-out", folder.file(name),
        ])
    }

    /// For a broker or a node, signed by a certificate of the same folder. One of 0 days has expired a second later.
    package func certificate(_ name: String, of hosts: [String], signedBy authority: String, days: Int) throws {
        try request(name)
        try folder.write("subjectAltName=" + hosts.map { "DNS:\($0)" }.joined(separator: ","), to: "names")
        try run([
            "x509", "-req", "-in", folder.file("request.pem"), "-CA", folder.file(authority), "-CAkey",
            folder.file("key.pem"), "-set_serial", "\(UInt32.random(in: 1...UInt32.max))", "-extfile",
            folder.file("names"), "-days", "\(days)", "-out", folder.file(name),
        ])
    }

    /// The certificate and its key in PKCS #12.
    package func keystore(_ name: String, of certificate: String, password: String) throws {
        try run([
            "pkcs12", "-export", "-in", folder.file(certificate), "-inkey", folder.file("key.pem"), "-passout",
            "pass:\(password)", "-out", folder.file(name),
        ])
    }

    private func request(_ name: String) throws {
        try run([
            "req", "-new", "-key", folder.file("key.pem"), "-subj", "/CN=\(name)", "-out", folder.file("request.pem"),
        ])
    }

    private func run(_ arguments: [String]) throws {
        guard let program = Self.program else { throw Failure("there is no openssl") }
        let outcome = try CommandLineTool.run(program, arguments)
        guard outcome.status == 0 else { throw Failure("openssl \(arguments[0]): \(outcome.output)") }
    }
}

/// What not every openssl makes: of a time that has been.
package enum TestCertificates {
    /// Until the first second of 2021.
    package static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBCzCBsgIBATAKBggqhkjOPQQDAjASMRAwDgYDVQQDDAdleHBpcmVkMB4XDTIw
        MDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowEjEQMA4GA1UEAwwHZXhwaXJlZDBZ
        MBMGByqGSM49AgEGCCqGSM49AwEHA0IABJjTvAp86xYUrYSWj0i002zxr/3aDQ/V
        dRD6dHwh/Fep0Ia8HUgSoSgki6TcPb3cjWqHmtNDACPEP2heT5IlhvkwCgYIKoZI
        zj0EAwIDSAAwRQIhAJpyOBpPh701THuOPHimvlYkHwwpZnrH8qeyMRLnS0slAiAz
        whDDpCZIpUBZ8sE/CiNKgE/7NsiHj4WA23w7j6cn/w==
        -----END CERTIFICATE-----

        """
    package static let expiredAt: Int64 = 1_609_459_200

    /// Revocation lists: the next of the first is due on 4 December 2026, that of the second was on 1 February 2020.
    package static let revocations = """
        -----BEGIN X509 CRL-----
        MIGWMD4wCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHZXhwaXJlZBcNMjYxMTI5MDQw
        NjAxWhcNMjYxMjA0MDQwNjAxWjAKBggqhkjOPQQDAgNIADBFAiA6/Nczqkh9bEiw
        V4vnatDi2a8gJLIKtRG4+WeCQjzWQwIhAKeMk85M1vM2GlIDnwpxjLB40B7ySWVQ
        ICgLPpVi9lKN
        -----END X509 CRL-----
        -----BEGIN X509 CRL-----
        MIGWMD4wCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHZXhwaXJlZBcNMjAwMTAxMDAw
        MDAwWhcNMjAwMjAxMDAwMDAwWjAKBggqhkjOPQQDAgNIADBFAiA1GRqPivmR9A6M
        OhcxUECQp4BoBElcIlcVVRSGecdNBAIhAKXTVBEg3LgMbbaQ9mz3NItV5qXiw4pu
        86ZQM8dO/YjG
        -----END X509 CRL-----

        """
    package static let revocationsDueAt: [Int64] = [1_796_357_161, 1_580_515_200]
}
