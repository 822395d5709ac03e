#include "harness/conformance/workload_check.h"

#include "harness/conformance/case_check.h"
#include "harness/conformance/data_checks.h"
#include "harness/conformance/properties.h"
#include "harness/device/device.h"
#include "harness/manifest/manifest.h"
#include "harness/trial/suggest.h"
#include "workloads/workload.h"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace timetrial::conformance {
namespace {

using workloads::Workload;

constexpr int kThreads = 2;
// Small: the first is asked for dozens of losses, the second has to be learnt by heart.
constexpr std::int64_t kGradientBatch = 4, kOverfitBatch = 16;

std::unique_ptr<Workload> make(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& entry : workloads::registry()) {
    if (entry.name == name) return entry.make();
    known.push_back(entry.name);
  }
  throw InputError(unknown_name("workload", name, known));
}

[[noreturn]] void nothing_to_check_with(const std::string& name, const Workload& workload,
                                        const std::filesystem::path& folder) {
  const bool official = workload.facts().source == workloads::DataSource::official;
  throw InputError(name + ": no prepared data in " + folder.string() +
                   "; run: timetrial data prepare " + name + (official ? " --from DIR" : "") +
                   ", or compare with a recorded case: --fixture F.safetensors");
}

/// What needs no reference, on the batch of a case.
void check_properties(const Workload& workload, const RecordedCase& recorded, bool prepared,
                      Checker& checker) {
  const auto sized = workload.in_recorded_sizes(recorded.sidecar().at("constructor"));
  const Batch batch = sized->recorded_batch(recorded.inputs(), /*training=*/true);
  checker.run(recorded.name() + ": gradient", [&] { return check_gradient(*sized, batch); });
  checker.run(recorded.name() + ": deterministic", [&] {
    auto result = check_deterministic(*sized, batch);
    if (!prepared) result.detail += "; no prepared data: what needs them was not checked";
    return result;
  });
}

void check_on_data(const Workload& workload, const std::filesystem::path& folder,
                   Checker& checker) {
  const auto training = workload.open_training(folder / "training");
  const auto evaluation = workload.open_evaluation(folder / "held_back");
  checker.run("gradient",
              [&] { return check_gradient(workload, spread_batch(*training, kGradientBatch)); });
  checker.run("deterministic", [&] {
    return check_deterministic(workload, spread_batch(*training, kOverfitBatch));
  });
  checker.run("overfits_one_batch",
              [&] { return check_overfits(workload, spread_batch(*training, kOverfitBatch)); });
  checker.run("evaluation_batch_size",
              [&] { return check_evaluation_batch_size(workload, *training, *evaluation); });
  checker.run("evaluation_threads",
              [&] { return check_evaluation_threads(workload, *training, *evaluation); });
  checker.run("halves_are_disjoint",
              [&] { return check_halves_are_disjoint(workload, *training, *evaluation); });
}

}  // namespace

std::vector<CheckResult> check_workload(const WorkloadCheckOptions& options,
                                        const CheckProgress& progress) {
  const auto workload = make(options.workload);
  std::vector<RecordedCase> cases;
  for (const auto& file : options.cases) cases.emplace_back(file);
  const auto folder = options.data / workload->facts().dataset;
  const bool prepared = std::filesystem::exists(folder / manifest::kFileName);
  if (cases.empty() && !prepared) nothing_to_check_with(options.workload, *workload, options.data);
  device::open_device("cpu", kThreads);
  Checker checker(progress, Checker::BadInput::ends);
  for (const auto& recorded : cases) {
    check_case(*workload, recorded, checker);
    check_properties(*workload, recorded, prepared, checker);
  }
  if (prepared) check_on_data(*workload, folder, checker);
  return checker.take();
}

}  // namespace timetrial::conformance
