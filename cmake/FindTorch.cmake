# Finds libtorch without its stock config, which demands nvcc on CUDA builds and fails on many ROCm ones.
# Looks at ATTUNE_TORCH_DIR (variable, then environment), .deps/torch-*/torch and .deps/libtorch, a Python's torch,
# the usual libtorch folders, and Debian's libtorch-dev.
# Defines the target `torch` and sets Torch_VERSION, ATTUNE_TORCH_CXX_STANDARD and ATTUNE_TORCH_CXX11_ABI from what it finds.

# The library folder of a libtorch: lib/ in its own layout, the multiarch folder in Debian's. Empty when there is none.
function(_attune_torch_libraries root result)
  set(${result} "" PARENT_SCOPE)
  foreach(folder ${root}/lib ${root}/lib/${CMAKE_LIBRARY_ARCHITECTURE})
    if(EXISTS ${root}/include/ATen/core/Tensor.h AND EXISTS ${folder}/libc10.so)
      set(${result} ${folder} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

set(_asked ${ATTUNE_TORCH_DIR})
if(NOT _asked)
  set(_asked $ENV{ATTUNE_TORCH_DIR})
endif()
if(_asked)
  set(_candidates ${_asked} ${_asked}/torch ${_asked}/libtorch)
else()
  file(GLOB _fetched ${CMAKE_SOURCE_DIR}/.deps/torch-*/torch ${CMAKE_SOURCE_DIR}/.deps/libtorch)
  set(_candidates ${_fetched} @python@ /opt/libtorch /usr/local/libtorch $ENV{HOME}/libtorch /usr)
endif()

set(_torch_root "")
foreach(_candidate ${_candidates})
  if(_torch_root)
    break()
  elseif(_candidate STREQUAL "@python@") # asked for only when nothing nearer was found: it costs a process
    execute_process(COMMAND python3 -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0])"
                    OUTPUT_VARIABLE _candidate ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  if(_candidate)
    _attune_torch_libraries(${_candidate} _torch_lib)
    if(_torch_lib)
      set(_torch_root ${_candidate})
    endif()
  endif()
endforeach()
if(NOT _torch_root)
  if(_asked)
    message(FATAL_ERROR "ATTUNE_TORCH_DIR=${_asked} holds no libtorch (wanted: include/ATen and lib/libc10.so).")
  endif()
  message(FATAL_ERROR "libtorch not found. Run ./dev setup, or set ATTUNE_TORCH_DIR to a folder with include/ and lib/.")
endif()

# The version: torch/version.h, which newer releases moved to torch/headeronly.
set(Torch_VERSION 0.0)
foreach(_header torch/headeronly/version.h torch/version.h torch/csrc/api/include/torch/version.h)
  if(EXISTS ${_torch_root}/include/${_header} AND Torch_VERSION STREQUAL "0.0")
    file(STRINGS ${_torch_root}/include/${_header} _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
    if(_lines)
      string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*PATCH +([0-9]+).*" "\\1.\\2.\\3" Torch_VERSION "${_lines}")
    endif()
  endif()
endforeach()
if(Torch_VERSION VERSION_LESS 2.1)
  message(FATAL_ERROR "libtorch ${Torch_VERSION} in ${_torch_root} is too old: Attune needs 2.1 or newer.")
endif()
if(Torch_VERSION VERSION_LESS 2.13)
  set(ATTUNE_TORCH_CXX_STANDARD 17)
else()
  set(ATTUNE_TORCH_CXX_STANDARD 20)
endif()

# The string ABI: the constructor of c10::Error takes a std::string, so its symbol tells.
file(STRINGS ${_torch_lib}/libc10.so _symbol REGEX "_ZN3c105ErrorC[12]E.*__cxx11" LIMIT_COUNT 1)
if(_symbol)
  set(ATTUNE_TORCH_CXX11_ABI 1)
else()
  set(ATTUNE_TORCH_CXX11_ABI 0)
endif()

# libtorch uses the shared standard library; a second, static one in the same program crashes in std::call_once.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libstdc++.so OUTPUT_VARIABLE _shared_stl
                ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND _shared_stl STREQUAL "libstdc++.so")
  message(FATAL_ERROR "${CMAKE_CXX_COMPILER} has no shared libstdc++, which libtorch needs. Choose another compiler, as with CXX=/usr/bin/g++.")
endif()

add_library(torch INTERFACE)
target_include_directories(torch SYSTEM INTERFACE ${_torch_root}/include ${_torch_root}/include/torch/csrc/api/include)
# Nothing of ours calls into the device libraries by name; without --no-as-needed the linker would drop them and their
# kernels would never be registered.
# The standard library comes first: some releases of libtorch export their own std::filesystem, which crashes for others.
set(_libraries stdc++ ${_torch_lib}/libtorch_cpu.so ${_torch_lib}/libc10.so)
set(_torch_device "cpu")
set(_kinds "")
if(NOT ATTUNE_TORCH_DEVICE STREQUAL "cpu")
  list(APPEND _libraries ${_torch_lib}/libtorch.so) # needs every device's library
  set(_kinds cuda hip)
endif()
foreach(_kind ${_kinds})
  if(EXISTS ${_torch_lib}/libtorch_${_kind}.so)
    list(APPEND _libraries ${_torch_lib}/libtorch_${_kind}.so ${_torch_lib}/libc10_${_kind}.so)
    set(_torch_device ${_kind})
    # Their own needs (cuBLAS, rocBLAS, ...) are found at run time by their RPATH, which the linker does not follow.
    target_link_libraries(torch INTERFACE -Wl,--allow-shlib-undefined)
  endif()
endforeach()
target_link_libraries(torch INTERFACE -Wl,--no-as-needed ${_libraries} -Wl,--as-needed)
# What newer releases offer without a vendor's header: the allocator of any device, the driver's handle of a stream.
function(_attune_torch_offers result header word)
  set(${result} 0 PARENT_SCOPE)
  if(EXISTS ${_torch_root}/include/${header})
    file(STRINGS ${_torch_root}/include/${header} _found REGEX ${word} LIMIT_COUNT 1)
    if(_found)
      set(${result} 1 PARENT_SCOPE)
    endif()
  endif()
endfunction()
_attune_torch_offers(ATTUNE_TORCH_HAS_DEVICE_ALLOCATOR c10/core/CachingDeviceAllocator.h getDeviceAllocator)
_attune_torch_offers(ATTUNE_TORCH_HAS_STREAM_HANDLE c10/core/Stream.h native_handle)
set(ATTUNE_TORCH_LIB ${_torch_lib})
set(Torch_FOUND TRUE)
file(WRITE ${CMAKE_BINARY_DIR}/torch.txt # what the worker's build script reads
     "${Torch_VERSION}\n${_torch_device}\n${ATTUNE_TORCH_CXX_STANDARD}\n${ATTUNE_TORCH_CXX11_ABI}\n${_torch_root}\n")
message(STATUS "libtorch ${Torch_VERSION} (${_torch_device}, C++${ATTUNE_TORCH_CXX_STANDARD}, string ABI ${ATTUNE_TORCH_CXX11_ABI}): ${_torch_root}")
