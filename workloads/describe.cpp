#include "workloads/describe.h"

#include "workloads/workload.h"

#include <nlohmann/json.hpp>

namespace timetrial::workloads {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const Parameter& parameter) {
  return {{"name", parameter.name},
          {"shape", parameter.tensor.sizes().vec()},
          {"type", to_string(parameter.type)}};
}

Json describe(const Entry& entry) {
  const auto workload = entry.make();
  const auto facts = workload->facts();
  const auto model = workload->make_model(at::kMeta);
  std::int64_t count = 0;
  Json parameters = Json::array(), tasks = Json::array();
  for (const auto& task : facts.tasks) {
    tasks.push_back({{"name", task.name},
                     {"metric", task.metric},
                     {"higher_is_better", task.higher_is_better}});
  }
  for (const auto& parameter : model->parameters()) {
    count += parameter.tensor.numel();
    parameters.push_back(describe(parameter));
  }
  return {{"name", entry.name},
          {"base", entry.base},
          {"dataset", facts.dataset},
          {"data", to_string(facts.source)},
          {"loss", to_string(facts.loss_type)},
          {"metric", facts.metric},
          {"higher_is_better", facts.higher_is_better},
          {"tasks", tasks},
          {"one_task_per_example", facts.one_task_per_example},
          {"default_dropout", facts.default_dropout},
          {"configuration", workload->configuration()},
          {"parameter_count", count},
          {"parameters", parameters}};
}

}  // namespace

std::string describe_json() {
  Json all = Json::array();
  for (const auto& entry : registry()) all.push_back(describe(entry));
  return all.dump();
}

}  // namespace timetrial::workloads
