#pragma once
// Hardware profiles: the machine type that results are for. Scores never mix profiles. The files
// are hardware_profiles/*.toml, compiled in; docs/hardware.md has their keys.

#include "harness/hardware/fingerprint.h"
#include "harness/hardware/noise_limits.h"
#include "harness/hardware/qualification.h"

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
  std::int64_t gpus = 0;             ///< exactly
  std::string gpu_name;              ///< shell glob; needed when gpus > 0
  std::int64_t trial_memory_mb = 0;  ///< the most memory a trial may take; 0: as the rule set says
  NoiseLimits noise;
  Qualification qualification;
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

/// The profile that a machine's trials belong to: the one that TIMETRIAL_HARDWARE_PROFILE names
/// (a name or a .toml), else the first compiled-in one, by name, that the machine is of, else one
/// named "other" with default limits. Throws InputError for a named one that the machine is not of.
Profile machine_profile(const Fingerprint& fingerprint);

/// What machines must share for their times to be compared, in words: the profile's name, and of
/// "other" ones also their processor, CPUs and GPUs.
std::string machine_class(const Profile& profile, const Fingerprint& fingerprint);

/// One JSON object, the keys of the TOML file.
std::string to_json(const Profile& profile);

}  // namespace timetrial::hardware
