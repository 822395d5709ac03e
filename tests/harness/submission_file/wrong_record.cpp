// A record with one fault, chosen by a definition; without one, a sound record.
#include <timetrial/export_record.h>

#include <string_view>

#ifdef WRONG_SDK
#define SDK_MINOR 99
#else
#define SDK_MINOR TIMETRIAL_SDK_VERSION_MINOR
#endif
#ifdef WRONG_LIBTORCH
#define LIBTORCH "1.0.0"
#else
#define LIBTORCH BUILT_WITH_LIBTORCH
#endif
#ifdef WRONG_COMPILER
#define COMPILER "icc 2021"
#else
#define COMPILER TIMETRIAL_COMPILER
#endif
#ifdef WRONG_ABI
#define ABI !_GLIBCXX_USE_CXX11_ABI
#else
#define ABI _GLIBCXX_USE_CXX11_ABI
#endif
#ifdef WRONG_LAYOUT
#define SIZE 12
#else
#define SIZE sizeof(timetrial::ExportRecord)
#endif
#ifndef NAME
#define NAME "sample"
#endif
#ifdef WRONG_MAGIC
#define MAGIC "something-else"
#else
#define MAGIC "timetrial-sdk"
#endif

extern "C" {
__attribute__((visibility("default"), used, section(".timetrial")))
timetrial::ExportRecord timetrial_submission = {MAGIC,
                                                SIZE,
                                                TIMETRIAL_SDK_VERSION_MAJOR,
                                                SDK_MINOR,
                                                TIMETRIAL_SDK_VERSION_PATCH,
                                                LIBTORCH,
                                                COMPILER,
                                                ABI,
                                                NAME,
                                                "An Author",
                                                []() -> timetrial::Submission* { return nullptr; },
                                                [](timetrial::Submission*) {}};
}
