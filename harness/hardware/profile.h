#pragma once
// Hardware profiles: the machine type that results are for. Scores never mix profiles. The files
// are hardware_profiles/*.toml, compiled in.

#include "harness/hardware/fingerprint.h"

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::hardware {

/// What a machine must have to be of the type. Ranges include both ends.
struct Profile {
  std::string name;
  std::string description;
  double cpus_min = 0, cpus_max = 0;  ///< usable logical CPUs
  std::int64_t memory_mb_min = 0, memory_mb_max = 0;
  std::int64_t gpus = 0;  ///< exactly
  std::string gpu_name;   ///< shell glob; needed when gpus > 0
};

/// Names of the compiled-in profiles, sorted.
std::vector<std::string> profile_names();

/// A compiled-in profile, or the TOML file at `name` when it ends in ".toml". Throws InputError:
/// unknown name (nearest ones listed), unknown key or wrong type (file:line:column).
Profile load_profile(const std::string& name);

/// What keeps a machine from being of the type, one line each, such as "4 CPUs, not 2"; empty when
/// it is.
std::vector<std::string> mismatches(const Profile& profile, const Fingerprint& fingerprint);
inline bool matches(const Profile& profile, const Fingerprint& fingerprint) {
  return mismatches(profile, fingerprint).empty();
}

/// The first compiled-in profile, by name, that the machine is of; "other" when it is of none.
std::string profile_name(const Fingerprint& fingerprint);

}  // namespace timetrial::hardware
