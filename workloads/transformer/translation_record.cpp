// `timetrial metric check` of a recorded translation: the case of a model (CASE.json, with its
// tensors in CASE.safetensors beside it) whose "beam" says how `input/src` was translated.
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include "workloads/data/tensor_io.h"
#include "workloads/recorded_metric.h"
#include "workloads/recorded_recipe.h"
#include "workloads/transformer/translate.h"

namespace timetrial::transformer {
namespace {

void set_weights(const workloads::Model& model, const nlohmann::json& recipes) {
  const at::NoGradGuard no_grad;
  for (const Parameter& parameter : model.parameters()) {
    const auto recipe = std::find_if(recipes.begin(), recipes.end(), [&](const auto& one) {
      return one.at("name") == parameter.name;
    });
    if (recipe == recipes.end()) {
      throw InputError("weights_recipe has no '" + parameter.name + "', which the model has");
    }
    at::Tensor(parameter.tensor).copy_(workloads::recorded_recipe(*recipe));
  }
}

std::vector<std::int64_t> row_of(const at::Tensor& sequences, std::int64_t row) {
  const at::Tensor one = sequences[row].contiguous();
  const auto* begin = one.const_data_ptr<std::int64_t>();
  return {begin, begin + one.numel()};
}

/// The tokens that a search decides: up to the first end token, or all.
std::vector<std::int64_t> decided(std::vector<std::int64_t> row, std::int64_t end_token) {
  const auto end = std::find(row.begin(), row.end(), end_token);
  if (end != row.end()) row.erase(end + 1, row.end());
  return row;
}

std::vector<CheckResult> check_translation(const nlohmann::json& record,
                                           const std::filesystem::path& file) {
  const auto workload = workloads::find(record.at("workload").get<std::string>())
                            .make()
                            ->in_recorded_sizes(record.at("constructor"));
  const auto model = workload->make_model(at::kCPU);
  const auto* transformer = dynamic_cast<const Transformer*>(model.get());
  if (transformer == nullptr) {
    throw InputError(file.string() + ": \"workload\" is no translation workload");
  }
  set_weights(*model, record.at("weights_recipe"));
  auto tensors_file = file;
  const auto tensors = data::open(tensors_file.replace_extension(".safetensors"),
                                  "copying the tensors of the case there");
  const auto& beam = record.at("beam");
  const metrics::BeamSearchOptions options = {.beams = beam.at("beam_size"),
                                              .alpha = beam.at("alpha"),
                                              .end_token = beam.at("eos_id"),
                                              .max_length = beam.at("max_decode_len")};
  const at::Tensor found = translate(*transformer, data::read(tensors, "input/src"), options);
  const auto expected = beam.at("sequences").get<std::vector<std::vector<std::int64_t>>>();
  double differing =
      std::abs(static_cast<double>(found.size(0)) - static_cast<double>(expected.size()));
  for (std::size_t i = 0; i < expected.size() && std::ssize(expected) <= found.size(0); ++i) {
    const auto row = row_of(found, static_cast<std::int64_t>(i));
    differing += decided(row, options.end_token) != decided(expected[i], options.end_token);
  }
  return {workloads::compared("translations: differing rows", differing, 0)};
}

TIMETRIAL_RECORDED_METRIC("wmt", check_translation, "beam", "weights_recipe", "constructor");

}  // namespace
}  // namespace timetrial::transformer
