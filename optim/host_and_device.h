#pragma once
// TIMETRIAL_BOTH marks what is compiled for a processor and for a GPU.

#ifdef __CUDACC__
#define TIMETRIAL_BOTH __host__ __device__
#else
#define TIMETRIAL_BOTH
#endif
