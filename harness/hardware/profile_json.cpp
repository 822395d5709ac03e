// A profile as JSON: the keys of its TOML file, with every default written out.
#include "harness/hardware/profile.h"

#include <nlohmann/json.hpp>

namespace timetrial::hardware {
namespace {

using Json = nlohmann::ordered_json;

Json noise_json(const NoiseLimits& limits) {
  return {{"steal_fraction_max", limits.steal_fraction},
          {"others_fraction_max", limits.others_fraction},
          {"throttled_fraction_max", limits.throttled_fraction},
          {"step_drift_max", limits.step_drift ? Json(*limits.step_drift) : Json(nullptr)},
          {"judged_from_s", limits.judged_from_s}};
}

Json qualification_json(const Qualification& qualification) {
  if (qualification.ranges.empty()) return nullptr;
  Json json{{"threads", qualification.threads}};
  for (const auto& [key, range] : qualification.ranges) {
    json[key] = {{"min", range.min}, {"max", range.max}};
  }
  return json;
}

}  // namespace

std::string to_json(const Profile& profile) {
  Json json{{"name", profile.name},
            {"description", profile.description},
            {"cpus_min", profile.cpus_min},
            {"cpus_max", profile.cpus_max},
            {"memory_mb_min", profile.memory_mb_min},
            {"memory_mb_max", profile.memory_mb_max},
            {"gpus", profile.gpus}};
  if (profile.gpus > 0) json["gpu_name"] = profile.gpu_name;
  json["trial_memory_mb"] = profile.trial_memory_mb;
  json["noise"] = noise_json(profile.noise);
  json["qualification"] = qualification_json(profile.qualification);
  return json.dump();
}

}  // namespace timetrial::hardware
