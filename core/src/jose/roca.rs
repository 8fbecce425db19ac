//! RSA keys of the Infineon library that anybody can factor (CVE-2017-15361, "ROCA").

/// The primes below 168 of which 65537 does not generate every residue, the most telling first.
const PRIMES: [u64; 17] = [97, 37, 79, 11, 61, 73, 127, 151, 13, 17, 19, 53, 71, 103, 107, 109, 157];

/// Whether a modulus, big-endian, has the fingerprint: modulo each of these primes it is a power of 65537, since the
/// library made its primes from such powers. One honest key in 2^27 has it by chance, and is refused too.
pub(crate) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power_of_65537(remainder(modulus, *prime), *prime))
}

fn remainder(modulus: &[u8], prime: u64) -> u64 {
    // Below 2^16 after each step: a prime is less than 2^8.
    modulus.iter().fold(0, |rest, octet| (rest << 8 | u64::from(*octet)).checked_rem(prime).unwrap_or(0))
}

fn is_power_of_65537(rest: u64, prime: u64) -> bool {
    let mut power = 1_u64;
    for _ in 0..prime {
        if power == rest {
            return true;
        }
        power = power.wrapping_mul(65_537).checked_rem(prime).unwrap_or(0);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwk::tests::rsa;
    use crate::text::base64::base64url;

    #[test]
    fn a18_a_modulus_made_of_powers_of_65537_is_one_that_can_be_factored() {
        // 65537^k in 2048 bits is such a number, if not a modulus: the residues are what counts.
        let mut power = vec![1_u8];
        while power.len() < 256 {
            let mut carry = 0_u64;
            for octet in power.iter_mut().rev() {
                let product = u64::from(*octet) * 65_537 + carry;
                *octet = (product & 0xff) as u8;
                carry = product >> 8;
            }
            while carry > 0 {
                power.insert(0, (carry & 0xff) as u8);
                carry >>= 8;
            }
        }
        assert!(has_fingerprint(&power));
    }

    #[test]
    fn a18_an_honest_modulus_is_not() {
        assert!(!has_fingerprint(&base64url(rsa()["n"].as_str().unwrap()).unwrap()));
    }
}
