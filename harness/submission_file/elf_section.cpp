#include "harness/submission_file/record.h"
#include "harness/trial/error.h"

#include <elf.h>
#include <fmt/core.h>

#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace timetrial::submission_file {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif

constexpr char kRebuild[] = "rebuild it with timetrial_add_submission()";

/// The values of an image, at any offset: copied out, since nothing in a file need be aligned.
class Image {
 public:
  Image(std::span<const std::byte> bytes, const std::filesystem::path& file)
      : bytes_(bytes), file_(file) {}

  std::span<const std::byte> slice(std::uint64_t offset, std::uint64_t size,
                                   const char* what) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      fail(fmt::format("{} ends beyond the file's {} bytes: the file is cut short", what,
                       bytes_.size()));
    }
    return bytes_.subspan(offset, size);
  }

  template <typename Value>
  Value at(std::uint64_t offset, const char* what) const {
    Value value;
    std::memcpy(&value, slice(offset, sizeof(Value), what).data(), sizeof(Value));
    return value;
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw InputError(fmt::format("{}: {}; {}", file_.string(), reason, kRebuild));
  }

 private:
  std::span<const std::byte> bytes_;
  const std::filesystem::path& file_;
};

Elf64_Ehdr read_header(const Image& image, std::span<const std::byte> bytes) {
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    image.fail("not a library at all (no ELF file)");
  }
  const auto header = image.at<Elf64_Ehdr>(0, "the ELF header");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    image.fail("an ELF file for another kind of machine");
  }
  if (header.e_type != ET_DYN) image.fail("an ELF file, but not a shared library");
  if (header.e_shoff == 0) image.fail("the library has no section table (stripped of it?)");
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    image.fail(fmt::format("section headers of {} bytes, expected {}", header.e_shentsize,
                           sizeof(Elf64_Shdr)));
  }
  return header;
}

Elf64_Shdr section_header(const Image& image, const Elf64_Ehdr& header, std::uint64_t index) {
  // e_shnum and an index of it fit in 16 bits; only the table's offset can overflow.
  const std::uint64_t distance = index * sizeof(Elf64_Shdr);
  if (header.e_shoff > std::numeric_limits<std::uint64_t>::max() - distance) {
    image.fail("the section table lies beyond any file");
  }
  return image.at<Elf64_Shdr>(header.e_shoff + distance, "the section table");
}

/// A name in the table of names; empty when it starts outside or does not end inside.
std::string_view name_at(std::span<const std::byte> names, std::uint32_t offset) {
  if (offset >= names.size()) return {};
  const char* begin = reinterpret_cast<const char*>(names.data()) + offset;
  const std::size_t room = names.size() - offset;
  const std::size_t length = strnlen(begin, room);
  return length == room ? std::string_view() : std::string_view(begin, length);
}

}  // namespace

std::span<const std::byte> elf_section(std::span<const std::byte> bytes, const std::string& section,
                                       const std::filesystem::path& file) {
  const Image image(bytes, file);
  const Elf64_Ehdr header = read_header(image, bytes);
  if (header.e_shstrndx >= header.e_shnum) image.fail("the section names have no section");
  const Elf64_Shdr names_header = section_header(image, header, header.e_shstrndx);
  const auto names =
      image.slice(names_header.sh_offset, names_header.sh_size, "the table of section names");
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr candidate = section_header(image, header, i);
    if (name_at(names, candidate.sh_name) != section) continue;
    if (candidate.sh_type == SHT_NOBITS) image.fail("section " + section + " has no bytes");
    return image.slice(candidate.sh_offset, candidate.sh_size, "a section");
  }
  return {};
}

}  // namespace timetrial::submission_file
