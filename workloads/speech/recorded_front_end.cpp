// How records of the speech front end and of SpecAugment are compared.
#include "workloads/data/tensor_io.h"
#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"
#include "workloads/speech/log_mel.h"
#include "workloads/speech/recorded_configs.h"
#include "workloads/speech/spec_augment.h"

#include <nlohmann/json.hpp>

namespace timetrial::speech {
namespace {

using workloads::compared;
using workloads::recorded_tensor;

double difference(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  return (found - expected).abs().max().item<double>();
}

// --- log-mel features ----------------------------------------------------------------------------

/// `record` is the JSON beside a .safetensors of the same name, which has all numbers.
std::vector<CheckResult> check_log_mel(const nlohmann::json&, const std::filesystem::path& file) {
  auto tensors = file;
  const auto recorded = data::open(tensors.replace_extension(".safetensors"),
                                   "give the .json and the .safetensors of a record together");
  const auto expected = [&](const char* key) { return data::read(recorded, key); };
  const LogMel front_end(at::kCPU);
  const auto found = front_end(expected("input/audio"), expected("input/audio_paddings"));
  // Constants to a few units of float32; features, of size 3, to what another FFT's rounding does
  // in bins that are nearly silent.
  constexpr double kConstantTolerance = 1e-6, kFeatureTolerance = 1e-4;
  std::vector<CheckResult> results = {
      compared("features", difference(found.values, expected("output/features")),
               kFeatureTolerance),
      compared("paddings", difference(found.paddings, expected("output/paddings")), 0)};
  if (recorded->contains("const/mel_weights")) {
    results.push_back(compared("mel_weights",
                               difference(mel_weights(), expected("const/mel_weights")),
                               kConstantTolerance));
    results.push_back(compared("window", difference(hann_window(), expected("const/window")),
                               kConstantTolerance));
  }
  return results;
}

// --- SpecAugment ---------------------------------------------------------------------------------

SpecAugmentConfig config_of(const nlohmann::json& record) {
  workloads::RecordedArguments arguments("SpecAugment", record);
  const auto config = recorded_spec_augment(arguments, {});
  arguments.finish();
  return config;
}

std::vector<CheckResult> check_spec_augment(const nlohmann::json& record,
                                            const std::filesystem::path&) {
  std::vector<CheckResult> results;
  for (const auto& one : record.at("cases")) {
    const std::string name = "case " + std::to_string(results.size() / 2);
    const auto config = config_of(one.at("config"));
    const auto& values = one.at("uniform_draws").at("values");
    const MaskDraws draws = {recorded_tensor(values.at(0)), recorded_tensor(values.at(1)),
                             recorded_tensor(values.at(2)), recorded_tensor(values.at(3))};
    const auto lengths = recorded_tensor(one.at("lengths")).to(at::kLong);
    const auto over_time = time_mask(config, lengths, one.at("time"), draws);
    const auto over_frequency = frequency_mask(config, one.at("freq"), draws);
    results.push_back(compared(name + " time_mask",
                               difference(over_time, recorded_tensor(one.at("time_mask"))), 0));
    results.push_back(compared(
        name + " freq_mask", difference(over_frequency, recorded_tensor(one.at("freq_mask"))), 0));
  }
  return results;
}

}  // namespace

TIMETRIAL_RECORDED_METRIC("logmel_frontend", check_log_mel, "valid_samples", "valid_frames");
TIMETRIAL_RECORDED_METRIC("specaug", check_spec_augment);

}  // namespace timetrial::speech
