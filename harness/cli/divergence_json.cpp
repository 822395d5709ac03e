#include "harness/cli/divergence_json.h"

namespace timetrial::cli {

nlohmann::ordered_json divergence_json(const scoring::Divergence& found) {
  nlohmann::ordered_json json{{"divergence", to_string(found.kind)},
                              {"sign", to_string(found.sign)},
                              {"step", nullptr},
                              {"excursions", found.excursions},
                              {"losses", found.losses},
                              {"stride", found.stride}};
  if (found.sign != scoring::DivergenceSign::none) json["step"] = found.step;
  return json;
}

}  // namespace timetrial::cli
