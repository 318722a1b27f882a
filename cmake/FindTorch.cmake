# Finds libtorch without its stock config (which demands nvcc, or fails on ROCm).
# Sets ATTUNE_CXX_STANDARD and defines the imported target `torch` with include folders, libraries and string ABI.
set(_torch_candidates ${ATTUNE_TORCH_DIR} $ENV{ATTUNE_TORCH_DIR} ${CMAKE_SOURCE_DIR}/.deps/torch-2.13.0/torch)
find_path(TORCH_ROOT NAMES include/ATen/core/Tensor.h HINTS ${_torch_candidates} NO_DEFAULT_PATH)
if(NOT TORCH_ROOT)
  message(FATAL_ERROR "libtorch not found. Run ./dev setup, or set ATTUNE_TORCH_DIR to a folder with include/ and lib/.")
endif()
set(ATTUNE_CXX_STANDARD 20)
add_library(torch INTERFACE)
target_include_directories(torch SYSTEM INTERFACE ${TORCH_ROOT}/include ${TORCH_ROOT}/include/torch/csrc/api/include)
target_link_libraries(torch INTERFACE ${TORCH_ROOT}/lib/libtorch.so ${TORCH_ROOT}/lib/libtorch_cpu.so ${TORCH_ROOT}/lib/libc10.so)
set(Torch_FOUND TRUE)
