"""clinic.key and clinic.pub in a folder: the tests' own key, see never_trust_keys."""

import never_trust_keys
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import rsa


def write_keys(folder):
    n, d = never_trust_keys.pair()
    p, q = rsa.rsa_recover_prime_factors(n, 65_537, d)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(65_537, n)
    )
    key = numbers.private_key()
    (folder / "clinic.key").write_bytes(
        key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    )
    (folder / "clinic.pub").write_bytes(
        key.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    )
