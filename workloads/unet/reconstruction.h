#pragma once
// What the workloads on slices of scans share: everything but where the scans come from.
//
// On disk  training/train-… and held_back/{train_subset,validation,test}-…, slice_set.h

#include "workloads/unet/unet.h"

#include <string>

namespace timetrial::unet {

/// Where a workload's slices are.
struct SliceSource {
  std::string dataset;  ///< folder below the data directory
  workloads::DataSource source = workloads::DataSource::packages;
  std::string prepare;  ///< the command that writes the files
  std::int64_t evaluation_batch_size = 16;
};

class ReconstructionWorkload : public workloads::Workload {
 public:
  /// Throws as check() does.
  ReconstructionWorkload(const Config& config, SliceSource source);

  workloads::Facts facts() const override;
  std::string configuration() const override;
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override;

 protected:
  const Config& config() const { return config_; }

 private:
  const Config config_;
  const SliceSource source_;
};

}  // namespace timetrial::unet
