#pragma once
// A profile for one very machine, made from what it is and what was measured on it.

#include "harness/hardware/fingerprint.h"
#include "harness/hardware/qualification.h"

#include <string>

namespace timetrial::hardware {

/// The text of a .toml file that load_profile() reads: as many CPUs and GPUs as the machine has,
/// its memory within 5 % (kernels differ in what they keep), and each median within `tolerance` (a
/// fraction) of what was measured. Throws InputError for a name with other characters than letters,
/// digits, '-', '_' and '.'.
std::string profile_file(const std::string& name, const Fingerprint& fingerprint,
                         const Measurement& measurement, double tolerance);

}  // namespace timetrial::hardware
