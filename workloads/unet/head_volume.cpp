#include "workloads/unet/head_volume.h"

#include <nifti2_io.h>

#include <algorithm>
#include <memory>

#include "workloads/workload.h"

namespace timetrial::unet {
namespace {

constexpr double kSignal = 0.1, kEnough = 0.1;
constexpr std::int64_t kLongestSide = 512;  // half a millimetre each, a head has half as many

/// The centre of a side, cut or zero-padded to `size`.
at::Tensor centre(const at::Tensor& x, std::int64_t dim, std::int64_t size) {
  const std::int64_t more = size - x.size(dim);
  if (more <= 0) return x.narrow(dim, -more / 2, size);
  std::vector<std::int64_t> padding(static_cast<std::size_t>(2 * (x.dim() - dim)), 0);
  padding[padding.size() - 2] = more / 2;
  padding[padding.size() - 1] = more - more / 2;
  return at::constant_pad_nd(x, padding);
}

}  // namespace

at::Tensor read_head(const std::filesystem::path& file, const std::string& remedy) {
  const auto expect = [&](bool holds, const std::string& what) {
    if (!holds) throw workloads::DataError(file.string() + ": " + what + remedy);
  };
  expect(std::filesystem::exists(file), "is not there");
  nifti_set_debug_level(0);
  const std::unique_ptr<nifti_image, void (*)(nifti_image*)> image(
      nifti_image_read(file.c_str(), /*read_data=*/0), nifti_image_free);
  expect(image != nullptr, "is no whole NIfTI file");
  expect(image->datatype == DT_UINT8 && image->ndim == 3,
         "has " + std::to_string(image->ndim) + " dimensions of " +
             nifti_datatype_string(image->datatype) + ", expected 3 of UINT8");
  for (const std::int64_t side : {image->nx, image->ny, image->nz}) {
    expect(side >= 1 && side <= kLongestSide, "has a side of " + std::to_string(side) +
                                                  " values, expected 1 to " +
                                                  std::to_string(kLongestSide));
  }
  expect(nifti_image_load(image.get()) == 0 && image->data, "is no whole NIfTI file");
  const at::Tensor values =
      at::from_blob(image->data, {image->nz, image->ny, image->nx}, at::TensorOptions(at::kByte))
          .permute({2, 1, 0})
          .to(at::kFloat, /*non_blocking=*/false, /*copy=*/true)
          .contiguous();
  const double largest = values.max().item<double>();
  expect(largest > 0, "holds zeros alone");
  return values / largest;
}

std::vector<std::int64_t> slices_with_signal(const at::Tensor& head, std::int64_t axis) {
  const at::Tensor share =
      head.gt(kSignal * head.max()).to(at::kFloat).movedim(axis, 0).flatten(1).mean(1);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < share.size(0); ++i) {
    if (share[i].item<double>() > kEnough) indices.push_back(i);
  }
  return indices;
}

at::Tensor reduced_slice(const at::Tensor& head, std::int64_t axis, std::int64_t index,
                         std::int64_t factor, std::int64_t size) {
  const at::Tensor whole = head.select(axis, index).unsqueeze(0);
  return centre(centre(at::avg_pool2d(whole, factor).squeeze(0), 0, size), 1, size).contiguous();
}

}  // namespace timetrial::unet
