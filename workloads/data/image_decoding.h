#pragma once
// Encoded images to pixels, as Pillow's Image.open(f).convert("RGB") makes them, which is how
// torchvision's ImageFolder reads.
//
//   JPEG  libjpeg-turbo with its accurate inverse DCT and smooth ("fancy") chroma upsampling, as
//         Pillow calls it; grey images become three equal channels; CMYK and YCCK ones are taken as
//         inverted (Adobe's way) and mixed by (1 - k) (1 - c). What EXIF says of orientation is
//         ignored
//   PNG   8 bits a channel or less; transparency is dropped. ImageNet has one among its .JPEG files
//
// Images are uint8 [H, W, 3], contiguous, on the CPU.

#include "workloads/data/image_crop.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace timetrial::data {

enum class InverseDct {
  accurate,  ///< Pillow's choice
  fast,      ///< TensorFlow's: a level or two off
};

/// One encoded image. Borrows the bytes.
class EncodedImage {
 public:
  /// Reads the header. `where` names the image in messages. Throws workloads::DataError when it is
  /// neither JPEG nor PNG, or its header is damaged, of a kind that is not read, or claims more
  /// pixels than Pillow reads.
  EncodedImage(std::span<const std::byte> bytes, std::string where);

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }

  /// All pixels. Throws workloads::DataError when the data is damaged beyond what Pillow accepts,
  /// or ends early.
  at::Tensor decode(InverseDct dct = InverseDct::accurate) const;
  /// The pixels of a box, the same as crop(decode(), box), for less work: rows below it are not
  /// read, and what is left and right of it not transformed. Throws std::invalid_argument unless
  /// the box is within the image.
  at::Tensor decode(const Box& box, InverseDct dct = InverseDct::accurate) const;

 private:
  void read_png_header();
  void read_jpeg_header();

  std::span<const std::byte> bytes_;
  std::string where_;
  bool png_ = false;
  std::int64_t height_ = 0, width_ = 0;
};

}  // namespace timetrial::data
