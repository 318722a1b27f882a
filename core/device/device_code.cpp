#include "core/device/device_code.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <map>
#include <mutex>

namespace attune::core {

namespace {

/// The compiler's and the driver's C functions; CUDA's and HIP's have the same shapes.
struct Vendor {
  int (*createProgram)(void **, const char *, const char *, int, const char **, const char **) = nullptr;
  int (*compileProgram)(void *, int, const char **) = nullptr;
  int (*logSize)(void *, size_t *) = nullptr;
  int (*log)(void *, char *) = nullptr;
  int (*codeSize)(void *, size_t *) = nullptr;
  int (*code)(void *, char *) = nullptr;
  int (*destroyProgram)(void **) = nullptr;
  int (*loadModule)(void **, const void *) = nullptr;
  int (*getFunction)(void **, void *, const char *) = nullptr;
  int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **) = nullptr;
  int (*attribute)(int *, int, int) = nullptr; // these three CUDA only
  int (*getContext)(void **) = nullptr;
  int (*setContext)(void *) = nullptr;
  bool complete = false;
  bool hip = false;
};

void *openFirst(std::initializer_list<const char *> names) {
  for (const char *name : names)
    if (void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL)) return handle;
  return nullptr;
}

template <typename Function> bool find(Function &function, void *library, const char *name) {
  function = library ? reinterpret_cast<Function>(dlsym(library, name)) : nullptr;
  return function != nullptr;
}

Vendor findVendor() {
  Vendor v;
  // libcaffe2_nvrtc is libtorch's own door to NVRTC: it knows where its copy lies.
  void *compiler = openFirst({"libcaffe2_nvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"});
  void *driver = openFirst({"libcuda.so.1", "libcuda.so"});
  if (compiler && driver) {
    v.complete = find(v.createProgram, compiler, "nvrtcCreateProgram") && find(v.compileProgram, compiler, "nvrtcCompileProgram") &&
                 find(v.logSize, compiler, "nvrtcGetProgramLogSize") && find(v.log, compiler, "nvrtcGetProgramLog") &&
                 find(v.codeSize, compiler, "nvrtcGetCUBINSize") && find(v.code, compiler, "nvrtcGetCUBIN") &&
                 find(v.destroyProgram, compiler, "nvrtcDestroyProgram") && find(v.loadModule, driver, "cuModuleLoadData") &&
                 find(v.getFunction, driver, "cuModuleGetFunction") && find(v.launch, driver, "cuLaunchKernel") &&
                 find(v.attribute, driver, "cuDeviceGetAttribute") && find(v.getContext, driver, "cuCtxGetCurrent") &&
                 find(v.setContext, driver, "cuCtxSetCurrent");
    if (v.complete) return v;
  }
  compiler = openFirst({"libhiprtc.so", "libhiprtc.so.7", "libhiprtc.so.6", "libhiprtc.so.5", "libamdhip64.so"});
  driver = openFirst({"libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5"});
  v.hip = true;
  v.complete = find(v.createProgram, compiler, "hiprtcCreateProgram") && find(v.compileProgram, compiler, "hiprtcCompileProgram") &&
               find(v.logSize, compiler, "hiprtcGetProgramLogSize") && find(v.log, compiler, "hiprtcGetProgramLog") &&
               find(v.codeSize, compiler, "hiprtcGetCodeSize") && find(v.code, compiler, "hiprtcGetCode") &&
               find(v.destroyProgram, compiler, "hiprtcDestroyProgram") && find(v.loadModule, driver, "hipModuleLoadData") &&
               find(v.getFunction, driver, "hipModuleGetFunction") && find(v.launch, driver, "hipModuleLaunchKernel");
  return v;
}

const Vendor &vendor() {
  static const Vendor found = findVendor();
  return found;
}

/// "--gpu-architecture=sm_90"; empty for HIP, which compiles for the current device by itself.
std::string architecture(const at::Device &device) {
  constexpr int kMajor = 75, kMinor = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
  int major = 0, minor = 0;
  if (vendor().hip || vendor().attribute(&major, kMajor, device.index()) != 0 || vendor().attribute(&minor, kMinor, device.index()) != 0)
    return "";
  return "--gpu-architecture=sm_" + std::to_string(major) + std::to_string(minor);
}

std::string compiledCode(const std::string &source, const std::vector<std::string> &options, std::string &problem) {
  const Vendor &v = vendor();
  void *program = nullptr;
  if (v.createProgram(&program, source.c_str(), "attune.cu", 0, nullptr, nullptr) != 0) return problem = "no program could be made", "";
  std::vector<const char *> words;
  for (const std::string &option : options) words.push_back(option.c_str());
  std::string code;
  size_t size = 0;
  if (v.compileProgram(program, static_cast<int>(words.size()), words.data()) != 0) {
    if (v.logSize(program, &size) == 0 && size > 1) {
      problem.resize(size);
      v.log(program, problem.data());
    }
    if (problem.empty()) problem = "the compiler failed without a word";
  } else if (v.codeSize(program, &size) == 0 && size > 0) {
    code.resize(size);
    if (v.code(program, code.data()) != 0) code.clear();
  }
  if (code.empty() && problem.empty()) problem = "the compiler gave no code";
  v.destroyProgram(&program);
  return code;
}

/// The driver's handle of libtorch's current stream; false where this libtorch does not tell.
bool currentStream(const at::Device &device, void *&handle) {
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  handle = nullptr;
  if (stream.id() == 0) return true; // the default stream
#if ATTUNE_TORCH_HAS_STREAM_HANDLE
  handle = stream.native_handle();
  return true;
#else
  return false;
#endif
}

} // namespace

struct DeviceCode::Module {
  at::Device device = at::kCUDA;
  void *handle = nullptr; // stays loaded: the driver unloads it with the process
  void *context = nullptr;
  std::mutex mutex;
  std::map<std::string, void *> functions;
};

std::shared_ptr<const DeviceCode> DeviceCode::compile(const at::Device &device, const std::string &source,
                                                      const std::vector<std::string> &definitions, std::string &problem) {
  problem.clear();
  if (!device.is_cuda()) return problem = "this device has no kernels of ours", nullptr;
  if (!vendor().complete) return problem = "neither NVRTC nor hipRTC is here", nullptr;
  const c10::DeviceGuard guard(device); // makes the device's context this thread's
  std::vector<std::string> options;
  for (const std::string &definition : definitions) options.push_back("-D" + definition);
  if (const std::string target = architecture(device); !target.empty()) options.push_back(target);
  const std::string code = compiledCode(source, options, problem);
  if (code.empty()) return nullptr;
  auto module = std::make_shared<Module>();
  module->device = device;
  const Tensor started = at::empty({1}, at::TensorOptions().dtype(at::kByte).device(device)); // the context is there from now on
  if (!vendor().hip && (vendor().getContext(&module->context) != 0 || !module->context))
    return problem = "the device has no context", nullptr;
  if (vendor().loadModule(&module->handle, code.data()) != 0) return problem = "the driver did not take the code", nullptr;
  std::shared_ptr<DeviceCode> result(new DeviceCode);
  result->m_module = std::move(module);
  return result;
}

bool DeviceCode::launchRaw(const char *name, const LaunchShape &shape, void **arguments) const {
  const c10::DeviceGuard guard(m_module->device);
  void *stream = nullptr, *function = nullptr, *context = nullptr;
  // A thread that has only taken cached memory so far has no context yet.
  if (!vendor().hip && vendor().getContext(&context) == 0 && context != m_module->context) vendor().setContext(m_module->context);
  if (!currentStream(m_module->device, stream)) return false;
  {
    const std::lock_guard<std::mutex> lock(m_module->mutex);
    const auto known = m_module->functions.find(name);
    if (known != m_module->functions.end()) {
      function = known->second;
    } else {
      if (vendor().getFunction(&function, m_module->handle, name) != 0) function = nullptr;
      m_module->functions.emplace(name, function);
    }
  }
  if (!function || shape.blocks <= 0 || shape.blocks > 0x7fffffff) return false;
  const int status = vendor().launch(function, static_cast<unsigned>(shape.blocks), 1, 1, static_cast<unsigned>(shape.threads), 1, 1,
                                     static_cast<unsigned>(shape.sharedBytes), stream, arguments, nullptr);
  TORCH_CHECK(status == 0, "CUDA error: the kernel ", name, " could not be started (", status, ")");
  return true;
}

} // namespace attune::core
