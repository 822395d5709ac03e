#include "workloads/data/image_decoding.h"

#include "workloads/data/jpeg_decoder.h"
#include "workloads/data/png_decoder.h"
#include "workloads/workload.h"

#include <ATen/ops/empty.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace timetrial::data {
namespace {

constexpr std::int64_t kChannels = 3;
/// Where Pillow refuses: a small file may claim any size (twice PIL.Image.MAX_IMAGE_PIXELS).
constexpr std::int64_t kMostPixels = 2 * std::int64_t{1024 * 1024 * 1024 / 4 / 3};

void spread_grey(const std::vector<std::uint8_t>& grey, std::uint8_t* out) {
  for (const std::uint8_t value : grey) {
    for (int c = 0; c < kChannels; ++c) *out++ = value;
  }
}

/// a * b / 255, rounded, as Pillow does it.
int product(int a, int b) {
  const int scaled = a * b + 128;
  return ((scaled >> 8) + scaled) >> 8;
}

/// Pillow's: the file's values are inverted, so that c and k below are ink, then
/// (255 - k) - c * (255 - k) / 255.
void mix_inks(const std::vector<std::uint8_t>& inks, std::uint8_t* out) {
  for (std::size_t i = 0; i < inks.size(); i += 4) {
    const int light = inks[i + 3];
    for (std::size_t c = 0; c < kChannels; ++c) {
      *out++ = static_cast<std::uint8_t>(light - product(255 - inks[i + c], light));
    }
  }
}

at::Tensor decode_jpeg(JpegDecoder& jpeg, const Box& box, bool fast_dct) {
  at::Tensor image = at::empty({box.height, box.width, kChannels}, at::kByte);
  auto* out = image.mutable_data_ptr<std::uint8_t>();
  if (jpeg.channels() == kChannels) {
    jpeg.decode(box, fast_dct, out);
    return image;
  }
  std::vector<std::uint8_t> stored(
      static_cast<std::size_t>(box.height * box.width * jpeg.channels()));
  jpeg.decode(box, fast_dct, stored.data());
  jpeg.channels() == 1 ? spread_grey(stored, out) : mix_inks(stored, out);
  return image;
}

}  // namespace

EncodedImage::EncodedImage(std::span<const std::byte> bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)), png_(is_png(bytes)) {
  png_ ? read_png_header() : read_jpeg_header();
  if (height_ * width_ > kMostPixels) {
    throw workloads::DataError(where_ + ": " + std::to_string(width_) + " x " +
                               std::to_string(height_) + " pixels, expected at most " +
                               std::to_string(kMostPixels) + "; fetch the image again");
  }
}

void EncodedImage::read_png_header() {
  const PngSize size = png_size(bytes_, where_);
  height_ = size.height;
  width_ = size.width;
}

void EncodedImage::read_jpeg_header() {
  const JpegDecoder jpeg(bytes_, where_);
  height_ = jpeg.height();
  width_ = jpeg.width();
  if (jpeg.channels() != 1 && jpeg.channels() != kChannels && jpeg.channels() != 4) {
    throw workloads::DataError(where_ + ": a JPEG of " + std::to_string(jpeg.channels()) +
                               " channels; expected grey, colour or CMYK");
  }
}

at::Tensor EncodedImage::decode(InverseDct dct) const {
  return decode({0, 0, height_, width_}, dct);
}

at::Tensor EncodedImage::decode(const Box& box, InverseDct dct) const {
  if (box.top < 0 || box.left < 0 || box.height < 1 || box.width < 1 ||
      box.top + box.height > height_ || box.left + box.width > width_) {
    throw std::invalid_argument("decode: the box is not within the image");
  }
  if (png_) {
    const at::Tensor image = at::empty({height_, width_, kChannels}, at::kByte);
    decode_png(bytes_, where_, image.mutable_data_ptr<std::uint8_t>());
    return crop(image, box);
  }
  JpegDecoder jpeg(bytes_, where_);
  return decode_jpeg(jpeg, box, dct == InverseDct::fast);
}

}  // namespace timetrial::data
