<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>About</name>
    <message>
        <source>About Attune</source>
        <translation>关于&#x2009;Attune</translation>
    </message>
    <message>
        <source>Attune %1</source>
        <translation>Attune %1</translation>
    </message>
    <message>
        <source>Fine-tunes language models on this machine. Free software under the GNU General Public License, version 3 or later.</source>
        <translation>在本机微调语言模型。自由软件，遵循&#x2009;GNU&#x2009;通用公共许可证第&#x2009;3&#x2009;版或更新版本。</translation>
    </message>
    <message>
        <source>Qt %1 (LGPL-3.0; Qt Charts GPL-3.0) · libtorch (BSD-3-Clause) · PCRE2 (BSD-3-Clause) · nlohmann/json (MIT) · CLI11 (BSD-3-Clause)</source>
        <translation>Qt %1（LGPL-3.0；Qt Charts&#x2009;为&#x2009;GPL-3.0）· libtorch（BSD-3-Clause）· PCRE2（BSD-3-Clause）· nlohmann/json（MIT）· CLI11（BSD-3-Clause）</translation>
    </message>
    <message>
        <source>Computes on %1, %2</source>
        <translation>计算设备：%1，%2</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>libtorch %1</source>
        <translation>libtorch %1</translation>
    </message>
</context>
<context>
    <name>AskName</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Clusters</name>
    <message>
        <source>not connected</source>
        <translation>未连接</translation>
    </message>
    <message>
        <source>connecting</source>
        <translation>正在连接</translation>
    </message>
    <message>
        <source>needs you</source>
        <translation>等您处理</translation>
    </message>
    <message>
        <source>connected</source>
        <translation>已连接</translation>
    </message>
    <message>
        <source>slow to answer</source>
        <translation>响应缓慢</translation>
    </message>
    <message>
        <source>reconnecting</source>
        <translation>正在重连</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>排队中</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>ending</source>
        <translation>正在结束</translation>
    </message>
    <message>
        <source>suspended</source>
        <translation>已挂起</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>done</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>out of time</source>
        <translation>超出时限</translation>
    </message>
    <message>
        <source>requeued</source>
        <translation>已重新排队</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>不限</translation>
    </message>
    <message numerus="yes">
        <source>%n day(s)</source>
        <translation>
            <numerusform>%n 天</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s)</source>
        <translation>
            <numerusform>%n 小时</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s)</source>
        <translation>
            <numerusform>%n 分钟</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 of %2 %3</source>
        <comment>free of all, kind of card</comment>
        <translation>%3 %1 / %2</translation>
    </message>
    <message>
        <source>out of sight</source>
        <translation>暂时看不到</translation>
    </message>
    <message>
        <source>checking</source>
        <translation>正在检查</translation>
    </message>
    <message>
        <source>uploading</source>
        <translation>正在上传</translation>
    </message>
    <message>
        <source>submitting</source>
        <translation>正在提交</translation>
    </message>
    <message>
        <source>queued</source>
        <translation>排队中</translation>
    </message>
    <message>
        <source>stopping</source>
        <translation>正在停止</translation>
    </message>
    <message>
        <source>fetching</source>
        <translation>正在取回</translation>
    </message>
    <message>
        <source>out of memory</source>
        <translation>内存不足</translation>
    </message>
    <message>
        <source>preempted</source>
        <translation>被抢占</translation>
    </message>
    <message>
        <source>node lost</source>
        <translation>节点失联</translation>
    </message>
    <message>
        <source>not started</source>
        <translation>未能启动</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>已丢失</translation>
    </message>
    <message>
        <source>not accepted</source>
        <translation>未被接受</translation>
    </message>
    <message>
        <source>over</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>Waiting for the connection, then the request is checked.</source>
        <translation>等待连接，连上后检查请求。</translation>
    </message>
    <message>
        <source>Copying the run to the cluster.</source>
        <translation>正在把本次训练复制到集群。</translation>
    </message>
    <message>
        <source>Handing the job to the scheduler.</source>
        <translation>正在向调度器提交作业。</translation>
    </message>
    <message>
        <source>The scheduler is slow. Checking whether the job was accepted before trying again.</source>
        <translation>调度器响应缓慢，正在确认作业是否已被接受，然后才会重试。</translation>
    </message>
    <message>
        <source>Waiting in the queue.</source>
        <translation>正在排队。</translation>
    </message>
    <message>
        <source>%1 Expected start: %2.</source>
        <comment>a sentence, a time</comment>
        <translation>%1预计开始：%2。</translation>
    </message>
    <message>
        <source>Running.</source>
        <translation>正在运行。</translation>
    </message>
    <message>
        <source>Running on %1.</source>
        <comment>a node</comment>
        <translation>正在 %1 上运行。</translation>
    </message>
    <message>
        <source>Asked to end.</source>
        <translation>已要求结束。</translation>
    </message>
    <message>
        <source>Ending.</source>
        <translation>正在结束。</translation>
    </message>
    <message>
        <source>Fetching the result.</source>
        <translation>正在取回结果。</translation>
    </message>
    <message>
        <source>Over. Its folder on the cluster was removed.</source>
        <translation>已结束，集群上的文件夹已删除。</translation>
    </message>
    <message>
        <source>Over; the result is on this machine.</source>
        <translation>已结束，结果已在本机。</translation>
    </message>
    <message>
        <source>Over; the result is still on the cluster.</source>
        <translation>已结束，结果还在集群上。</translation>
    </message>
    <message>
        <source>partition %1</source>
        <translation>分区 %1</translation>
    </message>
    <message>
        <source>job %1</source>
        <translation>作业 %1</translation>
    </message>
    <message>
        <source>on %1</source>
        <comment>a node</comment>
        <translation>在 %1 上</translation>
    </message>
    <message>
        <source>attempt %1</source>
        <translation>第 %1 次尝试</translation>
    </message>
</context>
<context>
    <name>CoreError</name>
    <message>
        <source>file_not_found</source>
        <translation>找不到文件，或无法打开。</translation>
    </message>
    <message>
        <source>io_failed</source>
        <translation>读写失败。</translation>
    </message>
    <message>
        <source>device_failed</source>
        <translation>计算设备报告故障。</translation>
    </message>
    <message>
        <source>internal</source>
        <translation>Attune&#x2009;内部出错。</translation>
    </message>
    <message>
        <source>usage</source>
        <translation>这样不行。</translation>
    </message>
    <message>
        <source>invalid_config</source>
        <translation>这些设置无法运行。</translation>
    </message>
    <message>
        <source>unknown_key</source>
        <translation>没有这个设置或名称。</translation>
    </message>
    <message>
        <source>not_supported_yet</source>
        <translation>这个版本还不支持。</translation>
    </message>
    <message>
        <source>malformed_file</source>
        <translation>文件残缺或损坏。</translation>
    </message>
    <message>
        <source>unsupported_model</source>
        <translation>还不支持这种模型。</translation>
    </message>
    <message>
        <source>unsupported_format</source>
        <translation>读不了这种文件格式。</translation>
    </message>
    <message>
        <source>missing_in_folder</source>
        <translation>文件夹里缺少文件。</translation>
    </message>
    <message>
        <source>adapter_mismatch</source>
        <translation>这个适配器属于另一个模型。</translation>
    </message>
    <message>
        <source>invalid_data</source>
        <translation>这些数据无法使用。</translation>
    </message>
    <message>
        <source>nothing_to_train</source>
        <translation>没有可训练的词元。</translation>
    </message>
    <message>
        <source>template_failed</source>
        <translation>对话模板无法解析或运行。</translation>
    </message>
    <message>
        <source>newer_schema</source>
        <translation>由更新版本的&#x2009;Attune&#x2009;写成。</translation>
    </message>
    <message>
        <source>does_not_fit</source>
        <translation>内存装不下。</translation>
    </message>
    <message>
        <source>out_of_memory</source>
        <translation>内存不足。</translation>
    </message>
    <message>
        <source>not_finite</source>
        <translation>损失或梯度变成了无穷或非数。</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>bad_search</source>
        <translation>查找内容无法使用。</translation>
    </message>
    <message>
        <source>file_problem</source>
        <translation>这个文件有需要留意的地方：</translation>
    </message>
    <message>
        <source>NET-DNS</source>
        <translation>找不到这台主机：名称无法解析。请检查主机名，或是否需要连接 VPN。</translation>
    </message>
    <message>
        <source>NET-REFUSED</source>
        <translation>无法连接到主机：连接被拒绝。VPN 打开了吗？</translation>
    </message>
    <message>
        <source>NET-TIMEOUT</source>
        <translation>无法连接到主机：没有响应。VPN 打开了吗？</translation>
    </message>
    <message>
        <source>NET-LOST</source>
        <translation>与集群的连接已断开。您的作业仍在集群上运行。</translation>
    </message>
    <message>
        <source>SSH-ALGO</source>
        <translation>主机没有提供本程序接受的加密算法。</translation>
    </message>
    <message>
        <source>KEY-UNKNOWN</source>
        <translation>主机的密钥未被信任，没有发送任何内容。</translation>
    </message>
    <message>
        <source>KEY-CHANGED</source>
        <translation>主机出示的密钥与以前不同，没有发送任何内容。请询问计算中心，只有他们确认后才能更换。</translation>
    </message>
    <message>
        <source>KEY-OTHER</source>
        <translation>主机出示了另一种类型的密钥，没有发送任何内容。请询问计算中心，只有他们确认后才能更换。</translation>
    </message>
    <message>
        <source>KEY-REVOKED</source>
        <translation>主机的密钥已被吊销，没有发送任何内容。请询问计算中心。</translation>
    </message>
    <message>
        <source>AUTH-DENIED</source>
        <translation>主机没有接受登录。请检查用户名、密钥或密码；如果都正确，帐户可能已被锁定，请询问计算中心。</translation>
    </message>
    <message>
        <source>AUTH-LOCKED</source>
        <translation>主机暂时锁定了这个帐户。请稍候再试，或询问计算中心。</translation>
    </message>
    <message>
        <source>AUTH-NEEDS-CODE</source>
        <translation>主机要求输入验证码，请重新连接并输入。</translation>
    </message>
    <message>
        <source>CHANNEL-REFUSED</source>
        <translation>主机拒绝再打开通道，请稍后再试。</translation>
    </message>
    <message>
        <source>CMD-MISSING</source>
        <translation>登录后找不到 Slurm 的命令。请在配置中给出环境脚本。</translation>
    </message>
    <message>
        <source>CMD-BROKEN</source>
        <translation>集群上的命令没有正常结束。</translation>
    </message>
    <message>
        <source>CMD-TIMEOUT</source>
        <translation>集群上的命令没有及时完成。</translation>
    </message>
    <message>
        <source>SLURM-DOWN</source>
        <translation>调度器没有响应。正在运行的作业不受影响。</translation>
    </message>
    <message>
        <source>SLURM-BUSY</source>
        <translation>调度器响应缓慢，会先确认作业是否已被接受再重试。</translation>
    </message>
    <message>
        <source>SLURM-AUTH</source>
        <translation>集群内部的认证（munge）失败，只有管理员能够修复。</translation>
    </message>
    <message>
        <source>SLURM-REFUSED</source>
        <translation>Slurm 拒绝了请求。</translation>
    </message>
    <message>
        <source>REQ-PARTITION</source>
        <translation>分区不接受这个请求。</translation>
    </message>
    <message>
        <source>REQ-GRES</source>
        <translation>分区没有所要的卡。</translation>
    </message>
    <message>
        <source>REQ-TIME</source>
        <translation>请求的时间超出了分区的时限。</translation>
    </message>
    <message>
        <source>REQ-ACCOUNT</source>
        <translation>帐号或服务质量不可用。</translation>
    </message>
    <message>
        <source>REQ-REFUSED</source>
        <translation>调度器没有接受这个作业。</translation>
    </message>
    <message>
        <source>RUN-ENV</source>
        <translation>环境脚本失败。</translation>
    </message>
    <message>
        <source>RUN-LAUNCH</source>
        <translation>作业的文件夹在节点上无法打开。</translation>
    </message>
    <message>
        <source>RUN-WORKER</source>
        <translation>集群上找不到训练程序，或者无法运行。请安装，或在配置中更正路径。</translation>
    </message>
    <message>
        <source>DISK-FULL</source>
        <translation>集群的磁盘或您的配额已满。</translation>
    </message>
    <message>
        <source>LOCAL-FULL</source>
        <translation>本机的磁盘已满。</translation>
    </message>
    <message>
        <source>FILE-MISSING</source>
        <translation>集群上没有这个文件。</translation>
    </message>
    <message>
        <source>FILE-DENIED</source>
        <translation>没有权限访问集群上的这个文件。</translation>
    </message>
    <message>
        <source>FILE-FAILED</source>
        <translation>集群上的文件操作失败。</translation>
    </message>
    <message>
        <source>FETCH-HASH</source>
        <translation>取回的文件与集群上的不一致，未予采用。</translation>
    </message>
    <message>
        <source>FETCH-CHANGED</source>
        <translation>复制期间文件一直在变化。</translation>
    </message>
    <message>
        <source>FETCH-NOTHING</source>
        <translation>这次训练在集群上没有留下结果，也没有检查点。</translation>
    </message>
    <message>
        <source>JOB-GONE</source>
        <translation>Slurm 已经没有这个作业。</translation>
    </message>
    <message>
        <source>BUILD-NO-TORCH</source>
        <translation>登录节点上没有&#x2009;libtorch。请在配置中填写会加载该站点&#x2009;PyTorch&#x2009;的环境脚本（module load …、conda activate …），或者填写&#x2009;libtorch&#x2009;所在的文件夹（其中有&#x2009;include/ 和&#x2009;lib/）。</translation>
    </message>
    <message>
        <source>BUILD-OLD-TORCH</source>
        <translation>libtorch&#x2009;太旧，需要&#x2009;2.1&#x2009;或更新版本。请在环境脚本中加载更新的&#x2009;PyTorch，或者填写另一个&#x2009;libtorch&#x2009;的文件夹。</translation>
    </message>
    <message>
        <source>BUILD-NO-COMPILER</source>
        <translation>没有可用的&#x2009;C++&#x2009;编译器。请在环境脚本中加载（module avail gcc），或者填写它的路径。</translation>
    </message>
    <message>
        <source>BUILD-OLD-COMPILER</source>
        <translation>C++&#x2009;编译器对这个&#x2009;libtorch&#x2009;来说太旧。请在环境脚本中加载更新的版本（module avail gcc），或者填写它的路径。</translation>
    </message>
    <message>
        <source>BUILD-NO-CMAKE</source>
        <translation>没有&#x2009;CMake。请在环境脚本中加载，或者在集群上运行&#x2009;python3 -m pip install --user cmake，或者填写它的路径。</translation>
    </message>
    <message>
        <source>BUILD-OLD-CMAKE</source>
        <translation>CMake&#x2009;太旧，需要&#x2009;3.16&#x2009;或更新版本。请加载更新的版本，或者填写它的路径。</translation>
    </message>
    <message>
        <source>BUILD-NO-MAKE</source>
        <translation>既没有&#x2009;make&#x2009;也没有&#x2009;ninja。请在环境脚本中加载（module avail make），或者请站点安装开发工具。</translation>
    </message>
    <message>
        <source>BUILD-NO-DISK</source>
        <translation>磁盘或配额已满。编译需要&#x2009;200 MB，程序本身&#x2009;15 MB。请腾出空间，或者在配置中换一个文件夹，然后重新开始。</translation>
    </message>
    <message>
        <source>BUILD-NO-MEMORY</source>
        <translation>登录节点不给编译器更多内存。请把同时编译数设为&#x2009;1&#x2009;再重新开始：会从中断处继续。</translation>
    </message>
    <message>
        <source>BUILD-ENVIRONMENT</source>
        <translation>环境脚本无法载入。请在集群上手动&#x2009;source&#x2009;它并改正：它必须可读，并且不能调用&#x2009;exit。</translation>
    </message>
    <message>
        <source>BUILD-LOCKED</source>
        <translation>这个文件夹中正在进行另一次编译。请等它结束，或者在它运行的地方结束它。</translation>
    </message>
    <message>
        <source>BUILD-CONFIGURE</source>
        <translation>CMake&#x2009;无法配置编译。请看输出：里面写明了缺少什么。</translation>
    </message>
    <message>
        <source>BUILD-COMPILE</source>
        <translation>有文件无法编译。请换一个编译器，或者把输出附在问题报告中。</translation>
    </message>
    <message>
        <source>BUILD-LINK</source>
        <translation>编译器与这个&#x2009;libtorch&#x2009;不匹配。请选用该站点编译&#x2009;torch&#x2009;时所用的编译器。</translation>
    </message>
    <message>
        <source>BUILD-RUN</source>
        <translation>训练程序已编译，但无法运行。缺少的库请在环境脚本中加载，否则请换一个编译器。</translation>
    </message>
    <message>
        <source>BUILD-BUNDLE</source>
        <translation>集群上的源码包不完整。请删除工作文件夹里&#x2009;worker&#x2009;下的&#x2009;source-* 文件夹，然后重新开始。</translation>
    </message>
    <message>
        <source>BUILD-USAGE</source>
        <translation>编译得到了无法使用的选项。请检查文件夹、同时编译数和内存。</translation>
    </message>
    <message>
        <source>BUILD-STOPPED</source>
        <translation>编译已停止。再次开始会从中断处继续。</translation>
    </message>
    <message>
        <source>BUILD-GONE</source>
        <translation>编译无声地结束了：登录节点重新启动过，或者会结束会话之后仍在运行的程序。请重新开始：会从中断处继续。</translation>
    </message>
    <message>
        <source>BUILD-OTHER</source>
        <translation>集群上正在进行另一次选项不同的编译。请等它结束，或者先停止它。</translation>
    </message>
    <message>
        <source>BUILD-STUCK</source>
        <translation>已要求编译停止，但它还没有结束。请过几分钟再看。</translation>
    </message>
    <message>
        <source>BUILD-FAILED</source>
        <translation>编译失败。请看编译的输出。</translation>
    </message>
    <message>
        <source>SLURM-UNCLEAR</source>
        <translation>sbatch 的回答中没有作业号，正按作业名查找。</translation>
    </message>
    <message>
        <source>JOB-WAITING</source>
        <translation>作业现在没有运行，等它运行后再试。</translation>
    </message>
    <message>
        <source>JOB-SILENT</source>
        <translation>作业没有留下任何结果就结束了，尽管调度器称其已完成。请查看日志。</translation>
    </message>
    <message>
        <source>LOCAL-FILE</source>
        <translation>本机上的文件写不了。</translation>
    </message>
</context>
<context>
    <name>Devices</name>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Automatic: %1</source>
        <translation>自动：%1</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>%1 · %2 free</source>
        <comment>device, its free memory</comment>
        <translation>%1 · 空闲&#x2009;%2</translation>
    </message>
    <message>
        <source>%1 · not here</source>
        <comment>device</comment>
        <translation>%1 · 不在本机</translation>
    </message>
</context>
<context>
    <name>Diagnostics</name>
    <message>
        <source>Diagnostics</source>
        <translation>诊断信息</translation>
    </message>
    <message>
        <source>This is all that is saved: nothing of your data, prompts or runs. Read it before you pass it on.</source>
        <translation>保存的就是以下全部内容，不含您的数据、提示词和训练名称。交给他人之前请先看一遍。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存……</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Save diagnostics</source>
        <translation>保存诊断信息</translation>
    </message>
    <message>
        <source>Text (*.txt)</source>
        <translation>文本文件 (*.txt)</translation>
    </message>
</context>
<context>
    <name>FitChange</name>
    <message>
        <source>The result is the same; a step takes longer.</source>
        <translation>结果相同，每一步要慢一些。</translation>
    </message>
    <message>
        <source>Fewer sequences at once keep fewer activations.</source>
        <translation>同时计算的序列少了，要保留的激活值也少了。</translation>
    </message>
    <message>
        <source>None for the result: accumulation keeps each update the same.</source>
        <translation>结果不变：梯度累积使每次更新保持原样。</translation>
    </message>
    <message>
        <source>As many sequences as before go into each update.</source>
        <translation>每次更新用到的序列与原来一样多。</translation>
    </message>
    <message>
        <source>None.</source>
        <translation>无。</translation>
    </message>
    <message>
        <source>What a layer computed is computed again in the backward pass instead of kept.</source>
        <translation>每层的中间结果不保留，反向传播时重新计算。</translation>
    </message>
    <message>
        <source>What the feed-forward part computed is computed again in the backward pass instead of kept.</source>
        <translation>前馈部分的中间结果不保留，反向传播时重新计算。</translation>
    </message>
    <message>
        <source>What the backward pass needs waits in the machine&apos;s memory.</source>
        <translation>反向传播要用的数据先放在本机内存里。</translation>
    </message>
    <message>
        <source>The embedding stays in the machine&apos;s memory.</source>
        <translation>词嵌入留在本机内存里。</translation>
    </message>
    <message>
        <source>Only the layer at work takes its full room; the others wait in the machine&apos;s memory.</source>
        <translation>只有正在计算的一层占满空间，其余各层在本机内存里等候。</translation>
    </message>
    <message>
        <source>A step takes longer, and weights of 16 bits train without their copies in 32.</source>
        <translation>每一步要慢一些，而且&#x2009;16&#x2009;位权重训练时没有&#x2009;32&#x2009;位副本。</translation>
    </message>
    <message>
        <source>An adapter needs no layer to wait elsewhere.</source>
        <translation>训练适配器不需要把各层移到别处。</translation>
    </message>
    <message>
        <source>The frozen base takes 4 bits a weight.</source>
        <translation>冻结的基座每个权重只占&#x2009;4&#x2009;位。</translation>
    </message>
    <message>
        <source>The base is rounded, and the loss may end a little higher.</source>
        <translation>基座有舍入误差，最终的损失可能略高。</translation>
    </message>
    <message>
        <source>The frozen base takes 8 bits a weight.</source>
        <translation>冻结的基座每个权重只占&#x2009;8&#x2009;位。</translation>
    </message>
    <message>
        <source>Hardly any: the base is rounded finely.</source>
        <translation>几乎没有：基座的舍入很细。</translation>
    </message>
    <message>
        <source>Shorter sequences keep fewer activations.</source>
        <translation>序列短了，要保留的激活值也少了。</translation>
    </message>
    <message>
        <source>Longer rows lose their end.</source>
        <translation>更长的行会被截掉末尾。</translation>
    </message>
    <message>
        <source>Longer rows are left out.</source>
        <translation>更长的行会被略去。</translation>
    </message>
    <message>
        <source>A longer row makes the run refuse to start.</source>
        <translation>遇到更长的行时，训练会拒绝开始。</translation>
    </message>
    <message>
        <source>Only small added matrices train, so gradients and optimizer stay small.</source>
        <translation>只训练附加的小矩阵，梯度和优化器都占得很少。</translation>
    </message>
    <message>
        <source>An adapter learns less than the whole model can, and wants a higher learning rate.</source>
        <translation>适配器能学到的比整个模型少，学习率也应调高。</translation>
    </message>
    <message>
        <source>Only the last layers train, so gradients and optimizer stay small.</source>
        <translation>只训练最后几层，梯度和优化器都占得很少。</translation>
    </message>
    <message>
        <source>The other layers stay as they are.</source>
        <translation>其余各层保持原样。</translation>
    </message>
    <message>
        <source>An adapter&apos;s optimizer is small as it is.</source>
        <translation>适配器的优化器本来就很小。</translation>
    </message>
    <message>
        <source>The optimizer remembers in 8 bits.</source>
        <translation>优化器的状态用&#x2009;8&#x2009;位保存。</translation>
    </message>
    <message>
        <source>Hardly any: its memory is rounded.</source>
        <translation>几乎没有：优化器的状态有舍入误差。</translation>
    </message>
    <message>
        <source>The optimizer remembers a row and a column of each matrix instead of all.</source>
        <translation>优化器对每个矩阵只记一行一列，不记全部。</translation>
    </message>
    <message>
        <source>Updates differ from AdamW&apos;s, and the learning rate may need another value.</source>
        <translation>更新与&#x2009;AdamW&#x2009;不同，学习率可能要重新选。</translation>
    </message>
    <message>
        <source>The optimizer remembers nothing.</source>
        <translation>优化器不保存状态。</translation>
    </message>
    <message>
        <source>It learns more slowly and needs another learning rate.</source>
        <translation>学得更慢，学习率也要重新选。</translation>
    </message>
    <message>
        <source>Numbers of 16 bits take half the room.</source>
        <translation>16&#x2009;位的数只占一半空间。</translation>
    </message>
    <message>
        <source>Fewer digits: the loss may differ slightly.</source>
        <translation>有效数字变少，损失可能略有不同。</translation>
    </message>
    <message>
        <source>Each update sees another number of sequences.</source>
        <translation>每次更新用到的序列数会改变。</translation>
    </message>
    <message>
        <source>The memory cap is %1; this run needs %2.</source>
        <translation>内存上限是&#x2009;%1，这次训练需要&#x2009;%2。</translation>
    </message>
    <message>
        <source>The card has %1 free; this run needs %2.</source>
        <translation>显卡还有&#x2009;%1&#x2009;空闲显存，这次训练需要&#x2009;%2。</translation>
    </message>
    <message>
        <source>This machine has %1 free; this run needs %2.</source>
        <translation>本机还有&#x2009;%1&#x2009;空闲内存，这次训练需要&#x2009;%2。</translation>
    </message>
    <message>
        <source>Beside the card, this machine has %1 free; this run needs %2 of it.</source>
        <translation>显卡之外，本机还有&#x2009;%1&#x2009;空闲内存，这次训练需要其中的&#x2009;%2。</translation>
    </message>
    <message>
        <source>Embedding and output head take 8 bits a weight.</source>
        <translation>词嵌入和输出层每个权重只占 8 位。</translation>
    </message>
    <message>
        <source>A row beyond the model&apos;s original context changes how those beside it are read: some numbers differ.</source>
        <translation>超出模型原始上下文的一行会改变同批其他行的位置编码：部分数值会有所不同。</translation>
    </message>
</context>
<context>
    <name>Hub</name>
    <message>
        <source>The hub has no such model or file. Check the name; a private model needs your access token.</source>
        <translation>模型库里没有这个模型或文件。请检查名称；私有模型需要您的访问令牌。</translation>
    </message>
    <message>
        <source>The hub wants to know who asks. Give your access token, then try again.</source>
        <translation>模型库要求登录。请填写访问令牌后再试。</translation>
    </message>
    <message>
        <source>The hub refuses the access token. Make a new one on the hub and enter it here.</source>
        <translation>模型库不接受这个访问令牌。请在模型库网站上新建一个，再填到这里。</translation>
    </message>
    <message>
        <source>You have no access to this model yet. Accept its terms on its page at the hub, then try again with your access token.</source>
        <translation>您还没有这个模型的访问权限。请先在模型库的模型页面上接受使用条款，再用访问令牌重试。</translation>
    </message>
    <message>
        <source>The proxy does not let the connection through. Check it in the settings. (%1)</source>
        <translation>代理没有放行连接，请在设置里检查。（%1）</translation>
    </message>
    <message>
        <source>There is no connection to the hub. Check the network, or set a mirror or a proxy. (%1)</source>
        <translation>连不上模型库。请检查网络，或设置镜像或代理。（%1）</translation>
    </message>
    <message>
        <source>%1 does not answer. Continue later, or set a mirror in the settings.</source>
        <translation>%1&#x2009;没有响应。请稍后继续，或在设置里换用镜像。</translation>
    </message>
    <message>
        <source>The hub asks for a pause: too many requests. Continue in some minutes.</source>
        <translation>请求过于频繁，模型库要求稍等。请过几分钟再继续。</translation>
    </message>
    <message>
        <source>The hub has a problem of its own. Continue later. (%1)</source>
        <translation>模型库自身出了问题，请稍后继续。（%1）</translation>
    </message>
    <message>
        <source>%1 answers with a web page instead of data. A sign-in page or a proxy may stand between, or this is no hub.</source>
        <translation>%1&#x2009;返回的是网页而不是数据。中间可能隔着登录页或代理，也可能这里不是模型库。</translation>
    </message>
    <message>
        <source>What the hub sent is no list of files. Check its address in the settings.</source>
        <translation>模型库返回的不是文件列表。请在设置里检查它的地址。</translation>
    </message>
    <message>
        <source>The hub sends the request on to an address that is not safe to follow. (%1)</source>
        <translation>模型库把请求转到了不安全的地址，已停止。（%1）</translation>
    </message>
    <message>
        <source>%1 does not have the size that the hub announced. The file was not kept.</source>
        <translation>%1&#x2009;的大小与模型库公布的不符，文件没有保留。</translation>
    </message>
    <message>
        <source>%1 arrived damaged: its checksum is not the hub&apos;s. The file was not kept.</source>
        <translation>%1&#x2009;在传输中损坏，校验和与模型库公布的不符，文件没有保留。</translation>
    </message>
    <message>
        <source>The disk has too little room: %1 more is needed.</source>
        <translation>磁盘空间不足，还差&#x2009;%1。</translation>
    </message>
    <message>
        <source>The file could not be written. (%1)</source>
        <translation>文件无法写入。（%1）</translation>
    </message>
    <message>
        <source>The model has a file whose name cannot be stored safely: %1</source>
        <translation>这个模型里有个文件名不能安全地存到磁盘上：%1</translation>
    </message>
    <message>
        <source>The hub&apos;s list of files is longer than that of any model, so it was not read to its end. Check the name.</source>
        <translation>模型库返回的文件列表比任何模型的都长，没有读完。请检查名称。</translation>
    </message>
    <message>
        <source>The hub lists two different files that would share one name, so neither can be told from the other: %1</source>
        <translation>模型库列出了两个不同的文件，存到磁盘上却会重名，无法区分：%1</translation>
    </message>
    <message>
        <source>A link or something else that is no file lies where the download would write. Nothing was written. Discard this download and begin it anew. (%1)</source>
        <translation>下载要写入的位置上不是文件，而是链接之类的东西，因此没有写入任何内容。请放弃这次下载，重新开始。（%1）</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>Attune is open already with this workspace. Close the other window first, or choose another workspace.</source>
        <translation>Attune&#x2009;已用这个工作区打开。请先关闭另一个窗口，或换一个工作区。</translation>
    </message>
    <message>
        <source>Attune is open with this workspace on %1, or was when that machine stopped. Two windows on one workspace spoil each other&apos;s runs.</source>
        <translation>这个工作区正在&#x2009;%1&#x2009;上由&#x2009;Attune&#x2009;打开，或者那台机器停机时还开着。两个窗口共用一个工作区会互相破坏训练。</translation>
    </message>
    <message>
        <source>It is closed there: open</source>
        <translation>那边已关闭，打开</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>The workspace %1 cannot be used. Connect the disk it is on and start Attune again, or choose another folder.</source>
        <translation>无法使用工作区&#x2009;%1。请接上它所在的磁盘后重新启动&#x2009;Attune，或选择另一个文件夹。</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Choose the workspace folder</source>
        <translation>选择工作区文件夹</translation>
    </message>
    <message>
        <source>The workspace %1 cannot be written. Make it writable and start Attune again, or choose another folder.</source>
        <translation>无法写入工作区&#x2009;%1。请使其可写后重新打开&#x2009;Attune，或另选一个文件夹。</translation>
    </message>
</context>
<context>
    <name>MemoryItem</name>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>quantisation</source>
        <translation>量化</translation>
    </message>
    <message>
        <source>adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>optimizer</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>activations</source>
        <translation>激活</translation>
    </message>
    <message>
        <source>logits</source>
        <translation>输出层</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>streaming</source>
        <translation>流式</translation>
    </message>
    <message>
        <source>allocator</source>
        <translation>分配余量</translation>
    </message>
    <message>
        <source>program</source>
        <translation>程序本身</translation>
    </message>
    <message>
        <source>The model&apos;s own numbers.</source>
        <translation>模型自身的参数。</translation>
    </message>
    <message>
        <source>The small matrices that LoRA adds and trains.</source>
        <translation>LoRA&#x2009;附加并训练的小矩阵。</translation>
    </message>
    <message>
        <source>The direction in which each trained number should move.</source>
        <translation>每个被训练的参数应当移动的方向。</translation>
    </message>
    <message>
        <source>What the optimizer remembers of past gradients.</source>
        <translation>优化器对以往梯度的记录。</translation>
    </message>
    <message>
        <source>What the layers compute on the way and the backward pass needs again. Smaller batches and shorter rows keep less.</source>
        <translation>各层算出、反向传播还要用到的中间结果。批次越小、行越短，保留得越少。</translation>
    </message>
    <message>
        <source>A score for every token of the vocabulary, for the loss.</source>
        <translation>词表中每个词元的得分，用来算损失。</translation>
    </message>
    <message>
        <source>Room in which attention computes.</source>
        <translation>计算注意力所需的空间。</translation>
    </message>
    <message>
        <source>Gaps between blocks of memory.</source>
        <translation>内存块之间的空隙。</translation>
    </message>
    <message>
        <source>Attune itself, the libraries that compute, and the driver.</source>
        <translation>Attune&#x2009;自身、计算库和驱动程序。</translation>
    </message>
    <message>
        <source>The scales of weights kept in 4 or 8 bits.</source>
        <translation>以&#x2009;4&#x2009;位或&#x2009;8&#x2009;位保存的权重的缩放系数。</translation>
    </message>
    <message>
        <source>decoding</source>
        <translation>解码</translation>
    </message>
    <message>
        <source>Weights of 4 or 8 bits, decoded for the layer that is at work.</source>
        <translation>为正在计算的层临时解码的&#x2009;4&#x2009;位或&#x2009;8&#x2009;位权重。</translation>
    </message>
    <message>
        <source>Weights on their way between the machine&apos;s memory and the device.</source>
        <translation>在本机内存与设备之间传送的权重。</translation>
    </message>
</context>
<context>
    <name>ModelMenu</name>
    <message>
        <source>Choose a model folder…</source>
        <translation>选择模型文件夹……</translation>
    </message>
    <message>
        <source>A Hugging Face model folder</source>
        <translation>Hugging Face&#x2009;模型文件夹</translation>
    </message>
    <message>
        <source>Choose a GGUF file…</source>
        <translation>选择&#x2009;GGUF&#x2009;文件……</translation>
    </message>
    <message>
        <source>A GGUF file</source>
        <translation>GGUF&#x2009;文件</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf)</source>
        <translation>GGUF 模型 (*.gguf)</translation>
    </message>
</context>
<context>
    <name>Numbers</name>
    <message numerus="yes">
        <source>%n byte(s)</source>
        <translation>
            <numerusform>%n&#x2009;字节</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1&#x2009;秒</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1&#x2009;分钟</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1&#x2009;小时</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1&#x2009;小时&#x2009;%2&#x2009;分钟</translation>
    </message>
    <message numerus="yes">
        <source>%n day(s)</source>
        <translation>
            <numerusform>%n&#x2009;天</numerusform>
        </translation>
    </message>
    <message>
        <source>d MMM HH:mm</source>
        <comment>date and time of a run</comment>
        <translation>M月d日 HH:mm</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1%</translation>
    </message>
</context>
<context>
    <name>Place</name>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
</context>
<context>
    <name>Problem</name>
    <message>
        <source>A run needs a model: a Hugging Face folder or a GGUF file.</source>
        <translation>训练需要一个模型：Hugging Face&#x2009;文件夹或&#x2009;GGUF&#x2009;文件。</translation>
    </message>
    <message>
        <source>A run needs at least one dataset file.</source>
        <translation>训练至少需要一个数据文件。</translation>
    </message>
    <message>
        <source>A dataset needs the path of its file.</source>
        <translation>数据集需要文件路径。</translation>
    </message>
    <message>
        <source>Give either a fraction of the rows or a file, not both.</source>
        <translation>验证比例和验证文件只能填一个。</translation>
    </message>
    <message>
        <source>Early stopping needs validation rows: set validation.fraction or validation.path.</source>
        <translation>早停需要验证数据：请设置验证比例或验证文件。</translation>
    </message>
    <message>
        <source>A name has 1 to 120 bytes, no slash and no line break, because a folder is named after it.</source>
        <translation>名称为&#x2009;1&#x2009;到&#x2009;120&#x2009;字节，不含斜杠和换行，因为文件夹以它命名。</translation>
    </message>
    <message>
        <source>This must be auto, model, a built-in name or a file.</source>
        <translation>这里应为&#x2009;auto、model、内置模板名或文件。</translation>
    </message>
    <message>
        <source>An adapter needs at least one layer to sit on, such as all-linear.</source>
        <translation>适配器至少要作用在一种层上，例如&#x2009;all-linear。</translation>
    </message>
    <message>
        <source>An adapter can only be trained on with method lora.</source>
        <translation>只有&#x2009;LoRA&#x2009;方法才能接着训练适配器。</translation>
    </message>
    <message>
        <source>Base weights in &quot;nf4&quot; stay frozen, so they need method lora; method full trains the weights themselves and needs &quot;none&quot;.</source>
        <translation>NF4&#x2009;格式的基座权重是冻结的，只能配合&#x2009;LoRA；全量训练要改动权重本身，基座权重应保持原样。</translation>
    </message>
    <message>
        <source>Base weights in &quot;nf4&quot; stay frozen, so they need method lora; method freeze trains the weights themselves and needs &quot;none&quot;.</source>
        <translation>NF4&#x2009;格式的基座权重是冻结的，只能配合&#x2009;LoRA；末几层训练要改动权重本身，基座权重应保持原样。</translation>
    </message>
    <message>
        <source>Layers in &quot;nf4&quot; stay on the device; leave layers out, or set quantization to none.</source>
        <translation>“nf4”量化的层留在设备上；请去掉 layers，或将 quantization 设为 none。</translation>
    </message>
    <message>
        <source>Base weights in &quot;int8&quot; stay frozen, so they need method lora; method full trains the weights themselves and needs &quot;none&quot;.</source>
        <translation>int8&#x2009;格式的基座权重是冻结的，只能配合&#x2009;LoRA；全量训练要改动权重本身，基座权重应保持原样。</translation>
    </message>
    <message>
        <source>Base weights in &quot;int8&quot; stay frozen, so they need method lora; method freeze trains the weights themselves and needs &quot;none&quot;.</source>
        <translation>int8&#x2009;格式的基座权重是冻结的，只能配合&#x2009;LoRA；末几层训练要改动权重本身，基座权重应保持原样。</translation>
    </message>
    <message>
        <source>Layers in &quot;int8&quot; stay on the device; leave layers out, or set quantization to none.</source>
        <translation>“int8”量化的层留在设备上；请去掉 layers，或将 quantization 设为 none。</translation>
    </message>
    <message>
        <source>Embedding and head are kept in 8 bits only beside base weights in int8 or nf4 (quantization).</source>
        <translation>只有基座权重为 int8 或 nf4 时，词嵌入和输出层才能用 8 位存放。</translation>
    </message>
</context>
<context>
    <name>RowProblem</name>
    <message>
        <source>bad_csv</source>
        <translation>CSV&#x2009;引号不成对，或表头的列名重复或为空。请改正这一行。</translation>
    </message>
    <message>
        <source>duplicate</source>
        <translation>这一行与前面的某一行完全相同。若非有意，请删除。</translation>
    </message>
    <message>
        <source>empty_answer</source>
        <translation>回答是空的，这一轮训练不到任何内容。请写出回答，或删除这一行。</translation>
    </message>
    <message>
        <source>empty_question</source>
        <translation>这段对话里用户什么也没说。请补上问题，或删除这一行。</translation>
    </message>
    <message>
        <source>empty_row</source>
        <translation>这一行没有内容，会被略过。请删除。</translation>
    </message>
    <message>
        <source>id_out_of_range</source>
        <translation>词元编号超出模型词表。请用该模型分词器的编号（标签中不训练处写 -100）。</translation>
    </message>
    <message>
        <source>invalid_utf8</source>
        <translation>这一行不是有效的&#x2009;UTF-8，多半来自&#x2009;GBK&#x2009;或&#x2009;Latin-1&#x2009;文件。请将文件另存为&#x2009;UTF-8。</translation>
    </message>
    <message>
        <source>labels_length_mismatch</source>
        <translation>标签与词元编号数量不同。每个编号对应一个标签。</translation>
    </message>
    <message>
        <source>missing_field</source>
        <translation>缺少字段。请补上，或确认这一行的格式。</translation>
    </message>
    <message>
        <source>mixed_formats</source>
        <translation>这一行的格式与文件其余各行不同。一个文件只用一种格式。</translation>
    </message>
    <message>
        <source>no_answer</source>
        <translation>对话里没有助手的回答，训练不到任何内容。请补上回答，或删除这一行。</translation>
    </message>
    <message>
        <source>not_json</source>
        <translation>这一行不是有效的&#x2009;JSON。请检查引号、逗号和括号。</translation>
    </message>
    <message>
        <source>roles_out_of_order</source>
        <translation>各轮没有在用户与助手之间交替。请检查是否缺了一轮；将按原样训练。</translation>
    </message>
    <message>
        <source>row_too_large</source>
        <translation>这一行过大。请把文本拆成几行。</translation>
    </message>
    <message>
        <source>template_failed</source>
        <translation>对话模板无法处理这一行。请检查角色和字段，或换一个模板。</translation>
    </message>
    <message>
        <source>too_long</source>
        <translation>这一行超过最大长度。请拆短，或调大最大长度。</translation>
    </message>
    <message>
        <source>tool_calls_not_trained</source>
        <translation>此模板不训练工具调用，只训练回答的文字。</translation>
    </message>
    <message>
        <source>tool_calls_trained</source>
        <translation>工具调用会按模板的写法参与训练。</translation>
    </message>
    <message>
        <source>unknown_format</source>
        <translation>这一行的键不属于任何已知格式。可用&#x2009;instruction/output、conversations、messages、text&#x2009;或&#x2009;ids/labels。</translation>
    </message>
    <message>
        <source>unknown_role</source>
        <translation>不认识这个角色。可用&#x2009;system、user、assistant、tool。</translation>
    </message>
    <message>
        <source>wrong_columns</source>
        <translation>这一行的列数与表头不同。请检查引号和分隔符。</translation>
    </message>
    <message>
        <source>wrong_type</source>
        <translation>字段的类型不对。请检查这里应是文本还是列表。</translation>
    </message>
</context>
<context>
    <name>RowText</name>
    <message>
        <source>System</source>
        <translation>系统</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>Assistant</source>
        <translation>助手</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>As it is</source>
        <translation>保持原样</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Token ids</source>
        <translation>词元编号</translation>
    </message>
    <message>
        <source>Coloured tokens are trained: %1 of %2</source>
        <translation>着色的词元参与训练：%1 / %2</translation>
    </message>
    <message>
        <source>cut from %1</source>
        <translation>由&#x2009;%1&#x2009;截断</translation>
    </message>
    <message>
        <source>Template: %1</source>
        <translation>模板：%1</translation>
    </message>
</context>
<context>
    <name>RunMarks</name>
    <message>
        <source>checkpoint</source>
        <translation>检查点</translation>
    </message>
    <message>
        <source>setting changed</source>
        <translation>设置改变</translation>
    </message>
    <message>
        <source>resumed</source>
        <translation>从此继续</translation>
    </message>
    <message>
        <source>out of memory, went on</source>
        <translation>内存不足后继续</translation>
    </message>
    <message>
        <source>update skipped</source>
        <translation>跳过更新</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>暂停</translation>
    </message>
</context>
<context>
    <name>Runs</name>
    <message>
        <source>waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>training</source>
        <translation>训练中</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>step %1 of %2</source>
        <translation>第&#x2009;%1 / %2&#x2009;步</translation>
    </message>
    <message>
        <source>loading the model</source>
        <translation>正在加载模型</translation>
    </message>
    <message>
        <source>waiting for its turn</source>
        <translation>排队等待</translation>
    </message>
    <message>
        <source>validating</source>
        <translation>验证中</translation>
    </message>
    <message>
        <source>saving</source>
        <translation>保存中</translation>
    </message>
    <message>
        <source>paused at step %1 of %2</source>
        <translation>暂停于第&#x2009;%1 / %2&#x2009;步</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>正在开始</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>还需&#x2009;%1</translation>
    </message>
    <message>
        <source>Full</source>
        <translation>全量</translation>
    </message>
    <message>
        <source>Last layers</source>
        <translation>末几层</translation>
    </message>
    <message>
        <source>waiting, place %1</source>
        <translation>排队，第&#x2009;%1&#x2009;位</translation>
    </message>
    <message>
        <source>stopping</source>
        <translation>正在停止</translation>
    </message>
    <message>
        <source>loading</source>
        <translation>加载中</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>stopping once the model is loaded</source>
        <translation>模型加载完后停止</translation>
    </message>
    <message>
        <source>stopping after this step</source>
        <translation>这一步完成后停止</translation>
    </message>
    <message>
        <source>pausing once the model is loaded</source>
        <translation>模型加载完后暂停</translation>
    </message>
    <message>
        <source>pausing after this step</source>
        <translation>这一步完成后暂停</translation>
    </message>
</context>
<context>
    <name>SettingChoice</name>
    <message>
        <source>Full</source>
        <translation>全量</translation>
    </message>
    <message>
        <source>Last layers</source>
        <translation>末几层</translation>
    </message>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>as they are</source>
        <translation>保持原样</translation>
    </message>
    <message>
        <source>leave out</source>
        <translation>舍弃</translation>
    </message>
    <message>
        <source>cut at the end</source>
        <translation>从末尾截断</translation>
    </message>
    <message>
        <source>refuse the run</source>
        <translation>拒绝训练</translation>
    </message>
    <message>
        <source>all answers</source>
        <translation>全部回答</translation>
    </message>
    <message>
        <source>the last answer</source>
        <translation>最后一个回答</translation>
    </message>
    <message>
        <source>everything</source>
        <translation>全部内容</translation>
    </message>
    <message>
        <source>AdamW</source>
        <translation>AdamW</translation>
    </message>
    <message>
        <source>constant</source>
        <translation>恒定</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>线性</translation>
    </message>
    <message>
        <source>cosine</source>
        <translation>余弦</translation>
    </message>
    <message>
        <source>the faster one</source>
        <translation>自动选更快的</translation>
    </message>
    <message>
        <source>when memory is short</source>
        <translation>内存不足时</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>every layer</source>
        <translation>每一层</translation>
    </message>
    <message>
        <source>feed-forward only</source>
        <translation>仅前馈层</translation>
    </message>
    <message>
        <source>8-bit (int8)</source>
        <translation>8&#x2009;位（int8）</translation>
    </message>
    <message>
        <source>4-bit (NF4)</source>
        <translation>4&#x2009;位（NF4）</translation>
    </message>
    <message>
        <source>AdamW, 8-bit state</source>
        <translation>AdamW（8 位状态）</translation>
    </message>
    <message>
        <source>Adafactor</source>
        <translation>Adafactor</translation>
    </message>
    <message>
        <source>SGD</source>
        <translation>SGD</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>checkpoints</source>
        <translation>检查点激活值</translation>
    </message>
    <message>
        <source>layers</source>
        <translation>各层权重</translation>
    </message>
    <message>
        <source>embedding</source>
        <translation>词嵌入</translation>
    </message>
</context>
<context>
    <name>SettingHelp</name>
    <message>
        <source>The run&apos;s name, part of its folder&apos;s name.</source>
        <translation>训练的名称，也用于文件夹名。</translation>
    </message>
    <message>
        <source>A Hugging Face folder or a GGUF file to start from.</source>
        <translation>作为起点的&#x2009;Hugging Face&#x2009;文件夹或&#x2009;GGUF&#x2009;文件。</translation>
    </message>
    <message>
        <source>An adapter to go on training instead of a new one.</source>
        <translation>接着训练已有的适配器，而不是新建一个。</translation>
    </message>
    <message>
        <source>What is trained: every weight, the last layers, or a low-rank adapter.</source>
        <translation>训练什么：全部权重、末几层，或低秩适配器。</translation>
    </message>
    <message>
        <source>How many of the last layers train.</source>
        <translation>训练最后多少层。</translation>
    </message>
    <message>
        <source>How the frozen base weights are kept.</source>
        <translation>冻结的基座权重如何存放。</translation>
    </message>
    <message>
        <source>The files to train on, each with its format and how often its rows are taken.</source>
        <translation>训练用的文件，以及各自的格式和取用次数。</translation>
    </message>
    <message>
        <source>The share of the rows kept apart to measure the loss on.</source>
        <translation>留出多少比例的行来测验证损失。</translation>
    </message>
    <message>
        <source>A file of its own to measure the loss on.</source>
        <translation>单独用来测验证损失的文件。</translation>
    </message>
    <message>
        <source>How conversations become text: auto, model, a built-in name, or a .jinja file.</source>
        <translation>对话如何变成文本：auto、model、内置模板名，或 .jinja&#x2009;文件。</translation>
    </message>
    <message>
        <source>The longest row, and the length of a packed sequence.</source>
        <translation>一行的最大长度，也是打包序列的长度。</translation>
    </message>
    <message>
        <source>What happens to longer rows.</source>
        <translation>超长的行如何处理。</translation>
    </message>
    <message>
        <source>Place several rows in one sequence; none sees another.</source>
        <translation>把多行放进一条序列，行与行互不可见。</translation>
    </message>
    <message>
        <source>A new order in every epoch.</source>
        <translation>每轮使用新的顺序。</translation>
    </message>
    <message>
        <source>Which tokens the loss counts: all answers, the last answer, or everything.</source>
        <translation>损失计算哪些词元：全部回答、最后一个回答，或全部内容。</translation>
    </message>
    <message>
        <source>The size of the adapter.</source>
        <translation>适配器的大小。</translation>
    </message>
    <message>
        <source>The adapter&apos;s strength: its output is scaled by alpha / rank.</source>
        <translation>适配器的强度：输出按&#x2009;alpha / 秩 缩放。</translation>
    </message>
    <message>
        <source>The share of adapter inputs switched off while training.</source>
        <translation>训练时随机关闭的适配器输入比例。</translation>
    </message>
    <message>
        <source>The layers that get an adapter: all-linear, or names such as q_proj.</source>
        <translation>加适配器的层：all-linear，或&#x2009;q_proj&#x2009;这样的名称。</translation>
    </message>
    <message>
        <source>Scale by alpha / sqrt(rank), steadier at high ranks.</source>
        <translation>按&#x2009;alpha / √秩 缩放，高秩时更稳定。</translation>
    </message>
    <message>
        <source>LoRA+: the learning rate of B over that of A.</source>
        <translation>LoRA+：B&#x2009;与&#x2009;A&#x2009;的学习率之比。</translation>
    </message>
    <message>
        <source>NEFTune: noise on the embeddings while training; 0 is off.</source>
        <translation>NEFTune：训练时给词向量加噪声；0&#x2009;为关闭。</translation>
    </message>
    <message>
        <source>How often the data is gone through.</source>
        <translation>数据总共过几遍。</translation>
    </message>
    <message>
        <source>The run&apos;s length in optimizer steps; 0 takes it from the epochs.</source>
        <translation>训练的总步数；0&#x2009;表示按轮次计算。</translation>
    </message>
    <message>
        <source>Sequences computed at once.</source>
        <translation>一次计算的序列数。</translation>
    </message>
    <message>
        <source>Batches gathered into one optimizer step.</source>
        <translation>多少个批次合成一步更新。</translation>
    </message>
    <message>
        <source>The learning rate.</source>
        <translation>学习率。</translation>
    </message>
    <message>
        <source>How long the mean of the gradients remembers.</source>
        <translation>梯度均值的记忆长度。</translation>
    </message>
    <message>
        <source>How long the mean of their squares remembers.</source>
        <translation>梯度平方均值的记忆长度。</translation>
    </message>
    <message>
        <source>Keeps the division by small values safe.</source>
        <translation>避免除以过小的值。</translation>
    </message>
    <message>
        <source>Pulls matrices towards zero; norms and biases are left alone.</source>
        <translation>把矩阵拉向零；归一化和偏置不受影响。</translation>
    </message>
    <message>
        <source>How the learning rate goes from its start to the end.</source>
        <translation>学习率从头到尾如何变化。</translation>
    </message>
    <message>
        <source>The share of the run in which the rate climbs.</source>
        <translation>学习率爬升阶段占全程的比例。</translation>
    </message>
    <message>
        <source>Steps in which the rate climbs; above 0 it replaces the ratio.</source>
        <translation>学习率爬升的步数；大于&#x2009;0&#x2009;时取代比例。</translation>
    </message>
    <message>
        <source>The largest gradient norm let through; 0 is off.</source>
        <translation>允许的最大梯度范数；0&#x2009;为关闭。</translation>
    </message>
    <message>
        <source>The number type computed in.</source>
        <translation>计算所用的数值类型。</translation>
    </message>
    <message>
        <source>What is computed again in the backward pass instead of kept.</source>
        <translation>反向时重新计算、而不保留的部分。</translation>
    </message>
    <message>
        <source>Where the random numbers of order, adapter and dropout start.</source>
        <translation>顺序、适配器与&#x2009;dropout&#x2009;的随机数起点。</translation>
    </message>
    <message>
        <source>auto, cpu, cuda or cuda:n.</source>
        <translation>auto、cpu、cuda&#x2009;或&#x2009;cuda:n。</translation>
    </message>
    <message>
        <source>Memory the run may use; 0 is what is free.</source>
        <translation>训练可用的内存；0&#x2009;表示全部空闲内存。</translation>
    </message>
    <message>
        <source>Processor threads to compute with; 0 is all cores.</source>
        <translation>计算用的处理器线程数；0&#x2009;表示全部核心。</translation>
    </message>
    <message>
        <source>Steps between two lines of the log.</source>
        <translation>两行日志之间的步数。</translation>
    </message>
    <message>
        <source>Steps between two evaluations; 0 is each epoch&apos;s end.</source>
        <translation>两次验证之间的步数；0&#x2009;表示每轮结束时。</translation>
    </message>
    <message>
        <source>Steps between two checkpoints; 0 is each epoch&apos;s end and every five minutes.</source>
        <translation>两个检查点之间的步数；0&#x2009;表示每轮结束时及每五分钟。</translation>
    </message>
    <message>
        <source>Newest checkpoints kept; the best one stays beside them.</source>
        <translation>保留最新的几个检查点，最好的一个另外保留。</translation>
    </message>
    <message>
        <source>Evaluations without improvement after which the run ends; 0 is off.</source>
        <translation>连续多少次验证没有改进就结束；0&#x2009;为关闭。</translation>
    </message>
    <message>
        <source>Smaller gains do not count as improvement.</source>
        <translation>小于此值的改进不算数。</translation>
    </message>
    <message>
        <source>Prompts answered at each evaluation and checkpoint, to watch the model change.</source>
        <translation>每次验证和保存检查点时回答的问题，用来观察模型的变化。</translation>
    </message>
    <message>
        <source>The update rule: AdamW, AdamW with its state in 8 bits, or with less state yet Adafactor and plain descent.</source>
        <translation>参数更新规则：AdamW、状态为 8 位的 AdamW，或状态更少的 Adafactor 与普通梯度下降。</translation>
    </message>
    <message>
        <source>What waits in host memory instead of on the device. With layers, 16-bit weights train without 32-bit copies.</source>
        <translation>放在主机内存而不是设备上的内容。选择 layers 时，16 位权重直接训练，不保留 32 位副本。</translation>
    </message>
    <message>
        <source>Keep embedding and output head in 8 bits, too.</source>
        <translation>词嵌入和输出层也用 8 位存放。</translation>
    </message>
</context>
<context>
    <name>SettingLabel</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Continue an adapter</source>
        <translation>接着训练适配器</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Layers that train</source>
        <translation>训练的层数</translation>
    </message>
    <message>
        <source>Base weights</source>
        <translation>基座权重</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Validation share</source>
        <translation>验证比例</translation>
    </message>
    <message>
        <source>Validation file</source>
        <translation>验证文件</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Max length</source>
        <translation>最大长度</translation>
    </message>
    <message>
        <source>Longer rows</source>
        <translation>超长的行</translation>
    </message>
    <message>
        <source>Packing</source>
        <translation>打包</translation>
    </message>
    <message>
        <source>Shuffle</source>
        <translation>打乱顺序</translation>
    </message>
    <message>
        <source>Train on</source>
        <translation>训练对象</translation>
    </message>
    <message>
        <source>LoRA rank</source>
        <translation>LoRA&#x2009;秩</translation>
    </message>
    <message>
        <source>LoRA alpha</source>
        <translation>LoRA alpha</translation>
    </message>
    <message>
        <source>LoRA dropout</source>
        <translation>LoRA dropout</translation>
    </message>
    <message>
        <source>LoRA layers</source>
        <translation>LoRA&#x2009;作用层</translation>
    </message>
    <message>
        <source>rsLoRA</source>
        <translation>rsLoRA</translation>
    </message>
    <message>
        <source>LoRA+ ratio</source>
        <translation>LoRA+ 比值</translation>
    </message>
    <message>
        <source>NEFTune alpha</source>
        <translation>NEFTune alpha</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Max steps</source>
        <translation>最多步数</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>批次大小</translation>
    </message>
    <message>
        <source>Accumulation</source>
        <translation>梯度累积</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Adam beta 1</source>
        <translation>Adam β1</translation>
    </message>
    <message>
        <source>Adam beta 2</source>
        <translation>Adam β2</translation>
    </message>
    <message>
        <source>Adam epsilon</source>
        <translation>Adam ε</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>Scheduler</source>
        <translation>学习率调度</translation>
    </message>
    <message>
        <source>Warm-up share</source>
        <translation>预热比例</translation>
    </message>
    <message>
        <source>Warm-up steps</source>
        <translation>预热步数</translation>
    </message>
    <message>
        <source>Gradient clipping</source>
        <translation>梯度裁剪</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Gradient checkpointing</source>
        <translation>梯度检查点</translation>
    </message>
    <message>
        <source>Offload</source>
        <translation>卸载</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Memory cap</source>
        <translation>内存上限</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>Log every</source>
        <translation>日志间隔</translation>
    </message>
    <message>
        <source>Validate every</source>
        <translation>验证间隔</translation>
    </message>
    <message>
        <source>Save every</source>
        <translation>保存间隔</translation>
    </message>
    <message>
        <source>Checkpoints kept</source>
        <translation>保留检查点数</translation>
    </message>
    <message>
        <source>Early stopping after</source>
        <translation>早停耐心</translation>
    </message>
    <message>
        <source>Smallest gain</source>
        <translation>最小改进</translation>
    </message>
    <message>
        <source>Sample prompts</source>
        <translation>示例问题</translation>
    </message>
    <message>
        <source>Embedding in 8 bits</source>
        <translation>词嵌入用 8 位</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>from %1 to %2</source>
        <translation>%1&#x2009;到&#x2009;%2&#x2009;之间</translation>
    </message>
    <message>
        <source>between %1 and %2</source>
        <translation>大于&#x2009;%1&#x2009;且小于&#x2009;%2</translation>
    </message>
    <message>
        <source>above %1</source>
        <translation>大于&#x2009;%1</translation>
    </message>
    <message>
        <source>at least %1</source>
        <translation>不小于&#x2009;%1</translation>
    </message>
    <message>
        <source>at most %1</source>
        <translation>不大于&#x2009;%1</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步</translation>
    </message>
    <message>
        <source>sequences</source>
        <translation>条序列</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Length and batches</source>
        <translation>时长与批次</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>Memory and device</source>
        <translation>内存与设备</translation>
    </message>
    <message>
        <source>Saving and watching</source>
        <translation>保存与观察</translation>
    </message>
    <message>
        <source>This must be %1.</source>
        <translation>这里应为&#x2009;%1。</translation>
    </message>
    <message>
        <source>as 16 GiB</source>
        <comment>how a size is typed</comment>
        <translation>如&#x2009;16 GiB</translation>
    </message>
    <message>
        <source>on</source>
        <translation>开</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>SlurmReason</name>
    <message>
        <source>Resources</source>
        <translation>正在等待空闲的节点或卡。</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>排在优先级更高的作业之后。</translation>
    </message>
    <message>
        <source>BeginTime</source>
        <translation>已重新排队或指定了开始时间，到时才能开始。</translation>
    </message>
    <message>
        <source>Dependency</source>
        <translation>正在等待另一个作业结束。</translation>
    </message>
    <message>
        <source>JobArrayTaskLimit</source>
        <translation>正在等待同组的其他任务。</translation>
    </message>
    <message>
        <source>Licenses</source>
        <translation>正在等待许可证。</translation>
    </message>
    <message>
        <source>ReqNodeNotAvail</source>
        <translation>所需的节点暂不可用（停机、维护或已预留）。</translation>
    </message>
    <message>
        <source>Reservation</source>
        <translation>正在等待预留时段。</translation>
    </message>
    <message>
        <source>QOSMaxJobsPerUserLimit</source>
        <translation>您运行的作业数已达服务质量的上限。</translation>
    </message>
    <message>
        <source>AssocMaxJobsLimit</source>
        <translation>您的帐号运行的作业数已达上限。</translation>
    </message>
    <message>
        <source>AssocGrpGRES</source>
        <translation>您的组使用的卡数已达上限。</translation>
    </message>
    <message>
        <source>NonZeroExitCode</source>
        <translation>训练出错结束。</translation>
    </message>
    <message>
        <source>TimeLimit</source>
        <translation>已到时限。</translation>
    </message>
    <message>
        <source>NodeDown</source>
        <translation>节点失联。</translation>
    </message>
    <message>
        <source>JobLaunchFailure</source>
        <translation>作业的文件夹在节点上无法打开。</translation>
    </message>
    <message>
        <source>DependencyNeverSatisfied</source>
        <translation>它等待的作业失败了，因此永远不会开始。</translation>
    </message>
    <message>
        <source>PartitionConfig</source>
        <translation>分区不允许这样的请求，按现在的请求永远不会开始。</translation>
    </message>
    <message>
        <source>PartitionDown</source>
        <translation>分区已关闭，按现在的请求无法开始。</translation>
    </message>
    <message>
        <source>PartitionInactive</source>
        <translation>分区已停用，按现在的请求无法开始。</translation>
    </message>
    <message>
        <source>PartitionNodeLimit</source>
        <translation>请求的节点数超出了分区的限制。</translation>
    </message>
    <message>
        <source>PartitionTimeLimit</source>
        <translation>请求的时间超出了分区的时限。</translation>
    </message>
    <message>
        <source>BadConstraints</source>
        <translation>没有节点能满足这个请求。</translation>
    </message>
    <message>
        <source>JobHeldUser</source>
        <translation>您已把它挂起，释放后才能开始。</translation>
    </message>
    <message>
        <source>JobHeldAdmin</source>
        <translation>被集群管理员挂起。</translation>
    </message>
    <message>
        <source>QOSTimeLimit</source>
        <translation>请求的时间超出了服务质量的限制。</translation>
    </message>
    <message>
        <source>AssocGrpCpuLimit</source>
        <translation>您的组不能使用这么多核心。</translation>
    </message>
    <message>
        <source>InvalidAccount</source>
        <translation>帐号无效。</translation>
    </message>
    <message>
        <source>InvalidQOS</source>
        <translation>服务质量无效。</translation>
    </message>
</context>
<context>
    <name>TemplateMenu</name>
    <message>
        <source>Choose a template file…</source>
        <translation>选择模板文件……</translation>
    </message>
    <message>
        <source>A chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Jinja templates (*.jinja)</source>
        <translation>Jinja&#x2009;模板 (*.jinja)</translation>
    </message>
</context>
<context>
    <name>TemplateText</name>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation>模型自带</translation>
    </message>
    <message>
        <source>%1 (built in)</source>
        <translation>%1（内置）</translation>
    </message>
</context>
<context>
    <name>WeightsMenu</name>
    <message>
        <source>%1 · step %2</source>
        <translation>%1 · 第&#x2009;%2&#x2009;步</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>%1 (training)</source>
        <translation>%1（训练中）</translation>
    </message>
    <message>
        <source>Checkpoint of step %1</source>
        <translation>第&#x2009;%1&#x2009;步的检查点</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>训练结果</translation>
    </message>
    <message>
        <source>Choose an adapter folder…</source>
        <translation>选择适配器文件夹……</translation>
    </message>
    <message>
        <source>A PEFT adapter folder</source>
        <translation>PEFT&#x2009;适配器文件夹</translation>
    </message>
</context>
<context>
    <name>WorkerInstall</name>
    <message>
        <source>Looking at what is there…</source>
        <translation>正在查看已有内容…</translation>
    </message>
    <message>
        <source>Sending the sources…</source>
        <translation>正在发送源码…</translation>
    </message>
    <message>
        <source>Unpacking…</source>
        <translation>正在解包…</translation>
    </message>
    <message>
        <source>Building…</source>
        <translation>正在编译…</translation>
    </message>
    <message>
        <source>Building: %1</source>
        <comment>what is compiled</comment>
        <translation>正在编译：%1</translation>
    </message>
    <message>
        <source>Trying it on a compute node…</source>
        <translation>正在计算节点上试运行…</translation>
    </message>
</context>
<context>
    <name>attune::ui::ButtonAction</name>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
</context>
<context>
    <name>attune::ui::ChatPage</name>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>New</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>两者</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>基座</translation>
    </message>
    <message>
        <source>Tuned</source>
        <translation>微调后</translation>
    </message>
    <message>
        <source>Who answers</source>
        <translation>由谁回答</translation>
    </message>
    <message>
        <source>Your question</source>
        <translation>你的问题</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>loading…</source>
        <translation>加载中……</translation>
    </message>
    <message>
        <source>loads with the first question</source>
        <translation>提第一个问题时加载</translation>
    </message>
    <message>
        <source>Tuned · %1</source>
        <translation>微调后 · %1</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Answering…  Esc stops</source>
        <translation>回答中……按&#x2009;Esc&#x2009;停止</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>正在加载模型……</translation>
    </message>
    <message>
        <source>One question, two answers.</source>
        <translation>一个问题，两个回答。</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>历史对话</translation>
    </message>
    <message>
        <source>Add to data</source>
        <translation>加入数据集</translation>
    </message>
    <message>
        <source>Add the whole conversation to a dataset as one row</source>
        <translation>把整段对话作为一行加入数据集</translation>
    </message>
    <message>
        <source>Ask something…  Enter sends, Shift+Enter starts a line, Up edits the last question</source>
        <translation>问点什么……回车发送，Shift+回车换行，↑&#x2009;修改上一个问题</translation>
    </message>
    <message>
        <source>Take the model out of memory</source>
        <translation>把模型移出内存</translation>
    </message>
    <message>
        <source>%1 has nothing to talk with yet. Save a checkpoint, then choose it here.</source>
        <translation>%1&#x2009;还没有可以对话的权重。先保存一个检查点，再到这里选择它。</translation>
    </message>
    <message>
        <source>The last question has no answer yet.</source>
        <translation>最后一个问题还没有回答。</translation>
    </message>
    <message>
        <source>Looking whether the model fits into memory…</source>
        <translation>正在查看内存是否装得下这个模型……</translation>
    </message>
    <message>
        <source>Answering on the processor, beside %1: both share its cores, so each is slower.  Esc stops</source>
        <translation>正在处理器上回答，与&#x2009;%1&#x2009;同时进行：两者共用核心，都会变慢。按&#x2009;Esc&#x2009;停止</translation>
    </message>
    <message>
        <source>You are editing an earlier question. The branch it has now stays; Esc leaves it at that.</source>
        <translation>正在修改之前的问题。原来的分支会保留；按&#x2009;Esc&#x2009;放弃修改。</translation>
    </message>
    <message>
        <source>%1 trains on the processor. Answers are computed there, too: both share its cores, so each is slower.</source>
        <translation>%1&#x2009;正在处理器上训练，回答也在处理器上计算：两者共用核心，都会变慢。</translation>
    </message>
    <message>
        <source>loaded on the processor · up to %1 tokens</source>
        <translation>已加载到处理器 · 最多&#x2009;%1&#x2009;词元</translation>
    </message>
    <message>
        <source>Choose a run or a checkpoint to compare with.</source>
        <translation>选择一次训练或一个检查点来对比。</translation>
    </message>
    <message>
        <source>The chat begins when %1 has ended.</source>
        <translation>%1&#x2009;结束后开始对话。</translation>
    </message>
    <message>
        <source>Do not wait</source>
        <translation>不等了</translation>
    </message>
    <message>
        <source>Chat when the run ends</source>
        <translation>训练结束后对话</translation>
    </message>
    <message numerus="yes">
        <source>Use a context of %n token(s)</source>
        <translation>
            <numerusform>改用&#x2009;%n&#x2009;个词元的上下文</numerusform>
        </translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>重新检查</translation>
    </message>
    <message>
        <source>The chat does not fit: it needs %1, and %2 is free. %3 is missing: close other programs or choose a smaller model.</source>
        <translation>装不下这个对话：需要&#x2009;%1，剩余&#x2009;%2，还差&#x2009;%3。请关闭其他程序，或选择更小的模型。</translation>
    </message>
    <message>
        <source>Beside %1 the chat does not fit: it needs %2, and %3 is free on this machine after what the run still takes. %4 is missing.</source>
        <translation>%1&#x2009;训练期间装不下这个对话：需要&#x2009;%2，扣除训练还要占用的内存后，本机剩余&#x2009;%3，还差&#x2009;%4。</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>模板</translation>
    </message>
    <message>
        <source>The model has no token %1, so it reads the marks of the template %2 as ordinary text, and may not end its answers.</source>
        <translation>该模型没有词元&#x2009;%1，会把模板&#x2009;%2&#x2009;的标记当作普通文本来读，回答可能停不下来。</translation>
    </message>
    <message>
        <source>not for this model</source>
        <translation>不适用于该模型</translation>
    </message>
    <message>
        <source>from the next answer on</source>
        <translation>从下一个回答起生效</translation>
    </message>
    <message>
        <source>chosen automatically</source>
        <translation>自动选择</translation>
    </message>
    <message>
        <source>its own, if it has one</source>
        <translation>有自带的就用自带的</translation>
    </message>
    <message>
        <source>chosen by you</source>
        <translation>手动选定</translation>
    </message>
    <message>
        <source>Choose it automatically</source>
        <translation>自动选择</translation>
    </message>
</context>
<context>
    <name>attune::ui::ChatPane</name>
    <message>
        <source>The model answers here. Ask something below.</source>
        <translation>模型在这里回答。请在下面提问。</translation>
    </message>
    <message>
        <source>The tuned model answers the same question here, from the same weights and its adapter.</source>
        <translation>微调后的模型在这里回答同一个问题，用的是同一份权重加上它的适配器。</translation>
    </message>
    <message numerus="yes">
        <source>Show %n earlier turn(s)</source>
        <translation>
            <numerusform>显示之前的&#x2009;%n&#x2009;轮</numerusform>
        </translation>
    </message>
    <message>
        <source>answering…</source>
        <translation>回答中……</translation>
    </message>
    <message numerus="yes">
        <source>The conversation before the answer: %n token(s)</source>
        <translation>
            <numerusform>回答之前的对话：%n&#x2009;个词元</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ChatTurn</name>
    <message>
        <source>%1 tokens · %2 tokens/s</source>
        <translation>%1&#x2009;词元 · %2&#x2009;词元/秒</translation>
    </message>
    <message>
        <source>Branch %1 of %2</source>
        <translation>第&#x2009;%1&#x2009;个分支，共&#x2009;%2&#x2009;个</translation>
    </message>
    <message>
        <source>The earlier branch</source>
        <translation>上一个分支</translation>
    </message>
    <message>
        <source>The later branch</source>
        <translation>下一个分支</translation>
    </message>
    <message>
        <source>Edit and ask again</source>
        <translation>修改后重新提问</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>复制回答</translation>
    </message>
    <message>
        <source>Answer again; this answer stays as a branch</source>
        <translation>重新回答；现在的回答保留为一个分支</translation>
    </message>
    <message>
        <source>Add to another dataset</source>
        <translation>加入其他数据集</translation>
    </message>
    <message>
        <source>Add to data</source>
        <translation>加入数据集</translation>
    </message>
    <message>
        <source>Add the question and this answer to a dataset as a row</source>
        <translation>把问题和这个回答作为一行加入数据集</translation>
    </message>
    <message>
        <source>Stopped before the first word.</source>
        <translation>还没有回答就停止了。</translation>
    </message>
    <message numerus="yes">
        <source>Cut off after %n token(s).</source>
        <translation>
            <numerusform>在&#x2009;%n&#x2009;个词元后截断。</numerusform>
        </translation>
    </message>
    <message>
        <source>Reading the question…</source>
        <translation>正在读问题……</translation>
    </message>
    <message>
        <source>Waits for the model.</source>
        <translation>等待模型加载。</translation>
    </message>
    <message>
        <source>Answered by %1.</source>
        <translation>由&#x2009;%1&#x2009;回答。</translation>
    </message>
    <message numerus="yes">
        <source>%1… (%Ln more character(s))</source>
        <translation>
            <numerusform>%1……（还有&#x2009;%Ln&#x2009;个字符）</numerusform>
        </translation>
    </message>
    <message>
        <source>Question</source>
        <translation>问题</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterEnvironment</name>
    <message>
        <source>The report is in the clipboard.</source>
        <translation>报告已复制到剪贴板。</translation>
    </message>
    <message>
        <source>Environment report</source>
        <translation>环境报告</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>复制报告</translation>
    </message>
    <message>
        <source>Save report…</source>
        <translation>保存报告……</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>正在检查……</translation>
    </message>
    <message>
        <source>Check the environment</source>
        <translation>检查环境</translation>
    </message>
    <message>
        <source>Save report</source>
        <translation>保存报告</translation>
    </message>
    <message>
        <source>Text (*.txt)</source>
        <translation>文本 (*.txt)</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为 %1。</translation>
    </message>
    <message>
        <source>Looks at what training needs, on the login node and by a job of a minute or two on a compute node: the environment script, Python and PyTorch, the compiler, the cards, the disk and the internet. Nothing is changed.</source>
        <translation>检查训练所需的条件：先在登录节点上检查，再通过一个一两分钟的作业在计算节点上检查，包括环境脚本、Python 与 PyTorch、编译器、加速卡、磁盘和互联网。不会改动任何内容。</translation>
    </message>
    <message>
        <source>The report appears here. It takes a few minutes, longer where no node is free.</source>
        <translation>报告会显示在这里。需要几分钟；没有空闲节点时会更久。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterFiles</name>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Upload</source>
        <translation>上传</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>上级</translation>
    </message>
    <message>
        <source>The folder above</source>
        <translation>上级文件夹</translation>
    </message>
    <message>
        <source>Folder on the cluster</source>
        <translation>集群上的文件夹</translation>
    </message>
    <message>
        <source>a folder on the cluster</source>
        <translation>集群上的文件夹</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>刷新</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>修改时间</translation>
    </message>
    <message>
        <source>Download…</source>
        <translation>下载……</translation>
    </message>
    <message>
        <source>Upload…</source>
        <translation>上传……</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查看……</translation>
    </message>
    <message>
        <source>The folder is empty.</source>
        <translation>文件夹是空的。</translation>
    </message>
    <message numerus="yes">
        <source>%n name(s) that could do harm here are left out.</source>
        <translation>
            <numerusform>有 %n 个可能有害的名称没有列出。</numerusform>
        </translation>
    </message>
    <message>
        <source>There are more files than are shown.</source>
        <translation>文件太多，没有全部列出。</translation>
    </message>
    <message>
        <source>Connect, and your files on the cluster appear here.</source>
        <translation>连接后，您在集群上的文件显示在这里。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterPage</name>
    <message>
        <source>Job %1: done.</source>
        <translation>作业 %1：已执行。</translation>
    </message>
    <message>
        <source>Job %1 is now: %2.</source>
        <translation>作业 %1 现在的状态：%2。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>%1 is on the cluster.</source>
        <translation>%1 已在集群上。</translation>
    </message>
    <message>
        <source>%1 is here.</source>
        <translation>%1 已到本机。</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Supercomputers that run Slurm: what is free, what runs, and your files there.</source>
        <translation>使用 Slurm 的超算：哪里空闲、什么在运行，以及您在那里的文件。</translation>
    </message>
    <message>
        <source>Add a cluster…</source>
        <translation>添加集群……</translation>
    </message>
    <message>
        <source>Clusters</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>编辑……</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>What is shown of the cluster</source>
        <translation>显示集群的哪一部分</translation>
    </message>
    <message>
        <source>Partitions</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>My jobs</source>
        <translation>我的作业</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>环境</translation>
    </message>
    <message>
        <source>Clusters appear here. Give the host and the user you log in with by SSH, and Attune submits to its queue, follows the run, and brings the result home. It goes on there while your computer is off.</source>
        <translation>集群显示在这里。给出您用 SSH 登录的主机和用户名，Attune 就会提交作业、跟踪训练，并把结果带回本机。您的电脑关机时，训练也会在那里继续。</translation>
    </message>
    <message>
        <source>Show the partitions</source>
        <translation>显示分区</translation>
    </message>
    <message>
        <source>Show my jobs</source>
        <translation>显示我的作业</translation>
    </message>
    <message>
        <source>Show the files</source>
        <translation>显示文件</translation>
    </message>
    <message>
        <source>Show the environment</source>
        <translation>显示环境</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>刷新</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Disconnect</source>
        <translation>断开</translation>
    </message>
    <message>
        <source>without accounting: the end of a job is told by its files</source>
        <translation>没有作业记账：作业的结局由它的文件说明</translation>
    </message>
    <message>
        <source>Trying again in %1.</source>
        <translation>%1后重试。</translation>
    </message>
    <message>
        <source>Trying again now.</source>
        <translation>正在重试。</translation>
    </message>
    <message>
        <source>The connection to %1 is lost. Your jobs go on running there. %2</source>
        <comment>a cluster, a sentence</comment>
        <translation>与 %1 的连接已断开，您的作业仍在那里运行。%2</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>立即重试</translation>
    </message>
    <message>
        <source>Connect again</source>
        <translation>重新连接</translation>
    </message>
    <message>
        <source>%1 is slow to answer. Your jobs are not affected.</source>
        <translation>%1 响应缓慢，您的作业不受影响。</translation>
    </message>
    <message>
        <source>%1 is no longer on the list. Jobs and files on it stay.</source>
        <translation>%1 已从列表移除，上面的作业和文件保持不变。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Replace the key…</source>
        <translation>更换密钥…</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterPartitions</name>
    <message>
        <source>Partitions</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>Partition</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Free nodes</source>
        <translation>空闲节点</translation>
    </message>
    <message>
        <source>Free cards</source>
        <translation>空闲卡</translation>
    </message>
    <message>
        <source>A node has</source>
        <translation>每节点</translation>
    </message>
    <message>
        <source>Memory a node</source>
        <translation>每节点内存</translation>
    </message>
    <message>
        <source>Time limit</source>
        <translation>时限</translation>
    </message>
    <message>
        <source>Train here…</source>
        <translation>在此训练……</translation>
    </message>
    <message>
        <source>Opens the Train page with this partition chosen.</source>
        <translation>打开训练页，并选好这个分区。</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>刷新</translation>
    </message>
    <message>
        <source>What the site&apos;s own command whichpartition prints:</source>
        <translation>本中心的命令 whichpartition 的输出：</translation>
    </message>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation>
            <numerusform>%n 核</numerusform>
        </translation>
    </message>
    <message>
        <source>open</source>
        <translation>开放</translation>
    </message>
    <message>
        <source>closed</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <comment>free nodes of all</comment>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Looking at the partitions…</source>
        <translation>正在查看分区……</translation>
    </message>
    <message>
        <source>As it was when the connection was last there.</source>
        <translation>这是上次连接时的情况。</translation>
    </message>
    <message>
        <source>Connect, and the partitions with their free cards appear here.</source>
        <translation>连接后，分区及其空闲的卡显示在这里。</translation>
    </message>
    <message>
        <source>Slurm shows no partition to this user.</source>
        <translation>Slurm 没有向这个用户开放任何分区。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterQueue</name>
    <message>
        <source>My jobs</source>
        <translation>我的作业</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>作业</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Partition</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Reason or nodes</source>
        <translation>原因或节点</translation>
    </message>
    <message>
        <source>Submitted</source>
        <translation>提交时间</translation>
    </message>
    <message>
        <source>Ends</source>
        <translation>结束时间</translation>
    </message>
    <message>
        <source>Show the run</source>
        <translation>查看训练</translation>
    </message>
    <message>
        <source>Checkpoint now</source>
        <translation>立即保存检查点</translation>
    </message>
    <message>
        <source>Cancel job</source>
        <translation>取消作业</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>刷新</translation>
    </message>
    <message>
        <source>Looking at the queue…</source>
        <translation>正在查看队列……</translation>
    </message>
    <message>
        <source>As it was when the connection was last there.</source>
        <translation>这是上次连接时的情况。</translation>
    </message>
    <message>
        <source>Connect, and your jobs appear here, those of other programs, too.</source>
        <translation>连接后，您的作业显示在这里，包括其他程序提交的。</translation>
    </message>
    <message>
        <source>No job of yours waits or runs here.</source>
        <translation>您在这里没有排队或运行的作业。</translation>
    </message>
    <message>
        <source>Release</source>
        <translation>释放</translation>
    </message>
    <message>
        <source>Hold</source>
        <translation>挂起</translation>
    </message>
    <message>
        <source>%1 It cannot start as it is: cancel it, or change the request.</source>
        <comment>a reason</comment>
        <translation>%1按现在的请求无法开始：请取消，或修改请求。</translation>
    </message>
    <message>
        <source>Another program submitted this job: it can be looked at here, and is steered there.</source>
        <translation>这个作业由其他程序提交：这里只能查看，请在那里操作。</translation>
    </message>
    <message>
        <source>Cancel job %1 on %2? What it computed since its last checkpoint is lost.</source>
        <translation>取消 %2 上的作业 %1？上一个检查点之后的计算会丢失。</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterRuns</name>
    <message>
        <source>The result is on this machine.</source>
        <translation>结果已在本机。</translation>
    </message>
    <message>
        <source>The run&apos;s folder on the cluster is gone.</source>
        <translation>集群上的训练文件夹已删除。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterWorker</name>
    <message>
        <source>Runs on %1 now use the program that was built there.</source>
        <translation>%1&#x2009;上的训练现在使用在那里编译的程序。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Training program</source>
        <translation>训练程序</translation>
    </message>
    <message>
        <source>Progress of the installation</source>
        <translation>安装进度</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>使用它</translation>
    </message>
    <message>
        <source>Looking at what is there…</source>
        <translation>正在查看已有内容…</translation>
    </message>
    <message>
        <source>Connect to see what is installed.</source>
        <translation>连接后即可看到已安装的程序。</translation>
    </message>
    <message>
        <source>None was installed from here. Runs use: %1</source>
        <translation>还没有从这里安装过。训练使用：%1</translation>
    </message>
    <message>
        <source>None was installed for this environment script. Runs use: %1</source>
        <translation>没有为这个环境脚本安装过。训练使用：%1</translation>
    </message>
    <message>
        <source>Version %1 for libtorch %2 (%3), built on %4 on %5.</source>
        <comment>version, version, kind of card, day, login node</comment>
        <translation>版本 %1，对应&#x2009;libtorch %2（%3），%4&#x2009;编译于 %5。</translation>
    </message>
    <message>
        <source>Not yet tried on a compute node.</source>
        <translation>尚未在计算节点上试过。</translation>
    </message>
    <message>
        <source>It works on %1.</source>
        <comment>a node</comment>
        <translation>在 %1&#x2009;上可以运行。</translation>
    </message>
    <message>
        <source>It does not work on %1.</source>
        <comment>a node</comment>
        <translation>在 %1&#x2009;上无法运行。</translation>
    </message>
    <message>
        <source>The environment script was edited since: install again if its libtorch changed.</source>
        <translation>此后环境脚本有改动：如果其中的&#x2009;libtorch&#x2009;变了，请重新安装。</translation>
    </message>
    <message>
        <source>This program carries other sources: install again to have the same version there.</source>
        <translation>本程序自带的源码与之不同：重新安装即可在集群上得到相同的版本。</translation>
    </message>
    <message>
        <source>Runs use another one: %1</source>
        <translation>训练使用的是另一个：%1</translation>
    </message>
    <message>
        <source>Show…</source>
        <translation>查看…</translation>
    </message>
    <message>
        <source>Install…</source>
        <translation>安装…</translation>
    </message>
</context>
<context>
    <name>attune::ui::CodeView</name>
    <message>
        <source>Copy the code</source>
        <translation>复制代码</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>代码</translation>
    </message>
</context>
<context>
    <name>attune::ui::CommandButton</name>
    <message>
        <source>The command is in the clipboard.</source>
        <translation>命令已复制到剪贴板。</translation>
    </message>
    <message>
        <source>Copy command</source>
        <translation>复制命令</translation>
    </message>
    <message>
        <source>Copy the terminal command</source>
        <translation>复制终端命令</translation>
    </message>
</context>
<context>
    <name>attune::ui::ConfigDraft</name>
    <message>
        <source>This is not a whole number.</source>
        <translation>这里要填整数。</translation>
    </message>
    <message>
        <source>This is not a number.</source>
        <translation>这里要填数字。</translation>
    </message>
    <message>
        <source>Write decimals with a point, as in 0.1. A comma only sets thousands apart, as in 10,000.</source>
        <translation>小数点请用英文句点，例如&#x2009;0.1；逗号只用来分隔千位，例如&#x2009;10,000。</translation>
    </message>
    <message>
        <source>This is no size. Write it as 16 GiB or 512 MB.</source>
        <translation>这不是大小。请写成&#x2009;16 GiB&#x2009;或&#x2009;512 MB。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ConversationsPanel</name>
    <message>
        <source>Search conversations</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>历史对话</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Export as Markdown or JSON</source>
        <translation>导出为&#x2009;Markdown&#x2009;或&#x2009;JSON</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Without a title</source>
        <translation>无标题</translation>
    </message>
    <message>
        <source>%1
%2</source>
        <translation>%1
%2</translation>
    </message>
    <message>
        <source>No conversation holds this text.</source>
        <translation>没有包含这段文字的对话。</translation>
    </message>
    <message>
        <source>“%1” is deleted.</source>
        <translation>已删除「%1」。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为&#x2009;%1。</translation>
    </message>
    <message>
        <source>%1 could not be written. Choose another folder.</source>
        <translation>无法写入&#x2009;%1。请换一个文件夹。</translation>
    </message>
    <message>
        <source>Export the conversation</source>
        <translation>导出对话</translation>
    </message>
    <message>
        <source>Markdown (*.md);;JSON (*.json)</source>
        <translation>Markdown (*.md);;JSON (*.json)</translation>
    </message>
    <message>
        <source>Conversations are kept here.</source>
        <translation>对话会保存在这里。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) in the folder “conversations” cannot be read. They stay as they are.</source>
        <translation>
            <numerusform>conversations&#x2009;文件夹里有&#x2009;%Ln&#x2009;个文件无法读取，会原样保留。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::CurvesExport</name>
    <message>
        <source>The last export is still under way. Wait for its end.</source>
        <translation>上一次导出还在进行，请等它结束。</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为&#x2009;%1。</translation>
    </message>
    <message>
        <source>Writing %1: %2 % done.</source>
        <translation>正在写入&#x2009;%1：已完成&#x2009;%2%。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The export was cancelled. Nothing was written.</source>
        <translation>导出已取消，没有写入任何内容。</translation>
    </message>
    <message>
        <source>Nothing was written: a chart is saved as .png, .svg or .csv. Give its name one of these endings.</source>
        <translation>没有写入任何文件：图表可保存为&#x2009;.png、.svg&#x2009;或&#x2009;.csv。请在文件名末尾加上其中之一。</translation>
    </message>
</context>
<context>
    <name>attune::ui::DataPage</name>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Split…</source>
        <translation>拆分……</translation>
    </message>
    <message>
        <source>Save ▾</source>
        <translation>保存 ▾</translation>
    </message>
    <message>
        <source>Search: words, turns&gt;2, role:system, tokens&gt;512, /expression/</source>
        <translation>搜索：词语、turns&gt;2、role:system、tokens&gt;512、/表达式/</translation>
    </message>
    <message>
        <source>Search the rows</source>
        <translation>搜索各行</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>行</translation>
    </message>
    <message>
        <source>Open a file of conversations, instructions or texts. You see each row as the model will, and mend what is wrong.</source>
        <translation>打开一个对话、指令或文本文件。这里按模型看到的样子显示每一行，有问题可当场改好。</translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation>打开文件……</translation>
    </message>
    <message>
        <source>No row matches.</source>
        <translation>没有符合的行。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Search rows</source>
        <translation>搜索各行</translation>
    </message>
    <message>
        <source>Replace…</source>
        <translation>替换……</translation>
    </message>
    <message>
        <source>Add a row</source>
        <translation>添加一行</translation>
    </message>
    <message>
        <source>Duplicate rows</source>
        <translation>复制所选行</translation>
    </message>
    <message>
        <source>Delete rows</source>
        <translation>删除所选行</translation>
    </message>
    <message>
        <source>Move rows up</source>
        <translation>上移所选行</translation>
    </message>
    <message>
        <source>Move rows down</source>
        <translation>下移所选行</translation>
    </message>
    <message>
        <source>Next problem</source>
        <translation>下一个问题</translation>
    </message>
    <message>
        <source>Previous problem</source>
        <translation>上一个问题</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Discard them</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Another program changed this file since it was opened.</source>
        <translation>打开之后，另一个程序改动了这个文件。</translation>
    </message>
    <message>
        <source>Overwrite it</source>
        <translation>覆盖它</translation>
    </message>
    <message>
        <source>Do not save</source>
        <translation>暂不保存</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>Nothing was found to replace.</source>
        <translation>没有找到可替换的内容。</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为&#x2009;%1。</translation>
    </message>
    <message>
        <source>Open it</source>
        <translation>打开它</translation>
    </message>
    <message>
        <source>No row has a problem.</source>
        <translation>没有行有问题。</translation>
    </message>
    <message>
        <source>The rows are still being looked at.</source>
        <translation>还在检查各行。</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>正在打开……</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>正在搜索……</translation>
    </message>
    <message>
        <source>Replacing…</source>
        <translation>正在替换……</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>正在保存……</translation>
    </message>
    <message>
        <source>not saved</source>
        <translation>未保存</translation>
    </message>
    <message>
        <source>What the model learns from, row by row.</source>
        <translation>模型要学的内容，一行一行看。</translation>
    </message>
    <message>
        <source>Open ▾</source>
        <translation>打开 ▾</translation>
    </message>
    <message>
        <source>Save and train</source>
        <translation>保存并训练</translation>
    </message>
    <message>
        <source>Train on this</source>
        <translation>用它训练</translation>
    </message>
    <message>
        <source>all %1</source>
        <translation>全部&#x2009;%1</translation>
    </message>
    <message>
        <source>errors %1</source>
        <translation>错误&#x2009;%1</translation>
    </message>
    <message>
        <source>notes %1</source>
        <translation>提示&#x2009;%1</translation>
    </message>
    <message>
        <source>over length %1</source>
        <translation>超长&#x2009;%1</translation>
    </message>
    <message>
        <source>The file was deleted or moved since it was opened.</source>
        <translation>打开之后，文件已被删除或移走。</translation>
    </message>
    <message>
        <source>Write it anew</source>
        <translation>重新写入</translation>
    </message>
    <message>
        <source>Split: %1 to train on, %2 to measure on.</source>
        <translation>已拆分：训练&#x2009;%1&#x2009;行，验证&#x2009;%2&#x2009;行。</translation>
    </message>
    <message>
        <source>Something else was changed since. Undo goes back step by step.</source>
        <translation>之后又有别的修改。请用撤销一步步退回。</translation>
    </message>
    <message numerus="yes">
        <source>Brought back %Ln change(s) that had not been saved.</source>
        <translation>
            <numerusform>已找回&#x2009;%Ln&#x2009;处未保存的修改。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) deleted.</source>
        <translation>
            <numerusform>已删除&#x2009;%Ln&#x2009;行。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Replaced in %Ln row(s).</source>
        <translation>
            <numerusform>已在&#x2009;%Ln&#x2009;行中替换。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s)</source>
        <translation>
            <numerusform>%Ln&#x2009;行</numerusform>
        </translation>
    </message>
    <message>
        <source>This file has no rows yet.</source>
        <translation>这个文件里还没有行。</translation>
    </message>
</context>
<context>
    <name>attune::ui::DatasetFiles</name>
    <message>
        <source>Sample rows: %1</source>
        <translation>示例数据：%1</translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation>打开文件……</translation>
    </message>
    <message>
        <source>New dataset…</source>
        <translation>新建数据集……</translation>
    </message>
    <message>
        <source>Close this dataset</source>
        <translation>关闭这个数据集</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>另存为……</translation>
    </message>
    <message>
        <source>Convert to</source>
        <translation>转换为</translation>
    </message>
    <message>
        <source>Discard all changes</source>
        <translation>放弃所有修改</translation>
    </message>
    <message>
        <source>Open a dataset</source>
        <translation>打开数据集</translation>
    </message>
    <message>
        <source>Datasets (*.json *.jsonl *.ndjson *.csv *.tsv *.txt *.md);;All files (*)</source>
        <translation>数据集 (*.json *.jsonl *.ndjson *.csv *.tsv *.txt *.md);;所有文件 (*)</translation>
    </message>
    <message>
        <source>New dataset</source>
        <translation>新建数据集</translation>
    </message>
    <message>
        <source>Name of the dataset</source>
        <translation>数据集名称</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>copy</source>
        <translation>副本</translation>
    </message>
    <message>
        <source>Save rows as</source>
        <translation>将各行另存为</translation>
    </message>
    <message>
        <source>JSON lines (*.jsonl);;JSON list (*.json);;CSV (*.csv);;Texts, one a line (*.txt)</source>
        <translation>JSON&#x2009;行 (*.jsonl);;JSON&#x2009;列表 (*.json);;CSV (*.csv);;每行一段文本 (*.txt)</translation>
    </message>
    <message>
        <source>Discard every change since the file was saved? This cannot be undone.</source>
        <translation>要放弃上次保存以来的所有修改吗？放弃后无法撤销。</translation>
    </message>
    <message>
        <source>Discard changes</source>
        <translation>放弃修改</translation>
    </message>
    <message>
        <source>Keep changes</source>
        <translation>保留修改</translation>
    </message>
</context>
<context>
    <name>attune::ui::DatasetSession</name>
    <message>
        <source>The last one is still under way. Wait for its end.</source>
        <translation>上一次还没完成，请稍候。</translation>
    </message>
    <message>
        <source>Saved without what you typed last: it could not be kept safe. Make room on the disk and save again.</source>
        <translation>已保存，但不含您最后输入的内容：它没能写进磁盘。请腾出磁盘空间后再保存一次。</translation>
    </message>
</context>
<context>
    <name>attune::ui::DatasetTableModel</name>
    <message numerus="yes">
        <source>%n error(s)</source>
        <translation>
            <numerusform>%n&#x2009;个错误</numerusform>
        </translation>
    </message>
    <message>
        <source>nothing trained</source>
        <translation>训练不到</translation>
    </message>
    <message numerus="yes">
        <source>%n note(s)</source>
        <translation>
            <numerusform>%n&#x2009;条提示</numerusform>
        </translation>
    </message>
    <message>
        <source>cut at %1</source>
        <translation>截断于&#x2009;%1</translation>
    </message>
    <message>
        <source>First question or text</source>
        <translation>首个问题或文本</translation>
    </message>
    <message>
        <source>Turns</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>Trained</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>问题</translation>
    </message>
</context>
<context>
    <name>attune::ui::DatasetTarget</name>
    <message>
        <source>New dataset…</source>
        <translation>新建数据集……</translation>
    </message>
    <message>
        <source>The row was not added. %1</source>
        <translation>没有加入这一行。%1</translation>
    </message>
    <message>
        <source>Added to %1 as a row.</source>
        <translation>已作为一行加入&#x2009;%1。</translation>
    </message>
    <message>
        <source>New dataset</source>
        <translation>新建数据集</translation>
    </message>
    <message>
        <source>Name of the dataset</source>
        <translation>数据集名称</translation>
    </message>
    <message>
        <source>chat-rows</source>
        <translation>对话数据</translation>
    </message>
    <message>
        <source>Create and add</source>
        <translation>新建并加入</translation>
    </message>
    <message>
        <source>The dataset was not created. %1</source>
        <translation>没有建成数据集。%1</translation>
    </message>
</context>
<context>
    <name>attune::ui::DownloadCenter</name>
    <message>
        <source>%1 could not be moved to the trash. Delete the folder by hand.</source>
        <translation>无法把&#x2009;%1&#x2009;移到回收站，请手动删除这个文件夹。</translation>
    </message>
</context>
<context>
    <name>attune::ui::DownloadDialog</name>
    <message>
        <source>Download a model</source>
        <translation>下载模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>owner/name, or the address of its page</source>
        <translation>所有者/名称，或模型页面的网址</translation>
    </message>
    <message>
        <source>Show files</source>
        <translation>查看文件</translation>
    </message>
    <message>
        <source>Hub</source>
        <translation>模型库</translation>
    </message>
    <message>
        <source>like Hugging Face</source>
        <translation>Hugging Face&#x2009;式</translation>
    </message>
    <message>
        <source>Access token</source>
        <translation>访问令牌</translation>
    </message>
    <message>
        <source>only for private models and those with terms to accept</source>
        <translation>仅用于私有模型和需接受条款的模型</translation>
    </message>
    <message>
        <source>Kept in the desktop&apos;s keyring or, without one, until Attune is closed. It is sent to this hub only.</source>
        <translation>保存在桌面的密钥环里；没有密钥环时，只保留到&#x2009;Attune&#x2009;关闭。令牌只发给这个模型库。</translation>
    </message>
    <message>
        <source>Files of the model</source>
        <translation>模型的文件</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>From %1, version %2.</source>
        <translation>来自&#x2009;%1，版本&#x2009;%2。</translation>
    </message>
    <message>
        <source>From %1. Another hub or a mirror is set in the settings.</source>
        <translation>来自&#x2009;%1。可在设置里换用其他模型库或镜像。</translation>
    </message>
    <message>
        <source>Asking %1…</source>
        <translation>正在询问&#x2009;%1……</translation>
    </message>
    <message>
        <source>%1 — %2</source>
        <translation>%1 — %2</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) chosen, %1.</source>
        <translation>
            <numerusform>已选&#x2009;%Ln&#x2009;个文件，共&#x2009;%1。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::DownloadStrip</name>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Moves what has arrived to the trash.</source>
        <translation>把已下载的部分移到回收站。</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1&#x2009;/&#x2009;%2</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>剩余&#x2009;%1</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>from %1</source>
        <comment>a hub</comment>
        <translation>来自&#x2009;%1</translation>
    </message>
    <message>
        <source>waiting for %1</source>
        <comment>a hub</comment>
        <translation>正在等待&#x2009;%1</translation>
    </message>
    <message>
        <source>Attune did not begin this download here: the folder itself names %1 as its source.</source>
        <translation>这次下载不是在这台机器上由&#x2009;Attune&#x2009;开始的，来源&#x2009;%1&#x2009;只是文件夹里自己写的。</translation>
    </message>
</context>
<context>
    <name>attune::ui::DropOverlay</name>
    <message>
        <source>Drop it here</source>
        <translation>拖到这里松开</translation>
    </message>
    <message>
        <source>A dataset, a model folder or GGUF file, an adapter folder, or a run folder.</source>
        <translation>可以是数据集、模型文件夹或&#x2009;GGUF&#x2009;文件、适配器文件夹、训练文件夹。</translation>
    </message>
</context>
<context>
    <name>attune::ui::FitDialog</name>
    <message>
        <source>Make it fit</source>
        <translation>让它装得下</translation>
    </message>
    <message>
        <source>Looking for settings that fit</source>
        <translation>正在寻找装得下的设置</translation>
    </message>
    <message>
        <source>As it is set</source>
        <translation>现在的设置</translation>
    </message>
    <message>
        <source>With the changes</source>
        <translation>修改之后</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>改动</translation>
    </message>
    <message>
        <source>Keep my settings</source>
        <translation>保留我的设置</translation>
    </message>
    <message>
        <source>Apply changes</source>
        <translation>采用这些改动</translation>
    </message>
    <message>
        <source>The search has failed.</source>
        <translation>寻找失败。</translation>
    </message>
    <message>
        <source>Looking for settings that fit…</source>
        <translation>正在寻找装得下的设置……</translation>
    </message>
    <message>
        <source>No settings were found that fit.</source>
        <translation>没有找到装得下的设置。</translation>
    </message>
    <message numerus="yes">
        <source>The run fits with %n change(s).</source>
        <translation>
            <numerusform>改动&#x2009;%n&#x2009;项设置就装得下。</numerusform>
        </translation>
    </message>
    <message>
        <source>The run fits as it is: memory has come free meanwhile.</source>
        <translation>现在不用改就装得下：刚才有内存空出来了。</translation>
    </message>
    <message>
        <source>%1 is short of %2 of memory.</source>
        <comment>a card, bytes</comment>
        <translation>%1&#x2009;还差&#x2009;%2&#x2009;显存。</translation>
    </message>
    <message>
        <source>This machine is short of %1 of memory.</source>
        <translation>本机还差&#x2009;%1&#x2009;内存。</translation>
    </message>
    <message>
        <source>Raise the memory cap if the device has more.</source>
        <translation>如果设备的内存更多，可以调高内存上限。</translation>
    </message>
    <message>
        <source>Train a LoRA adapter instead of every weight.</source>
        <translation>可以改为训练&#x2009;LoRA&#x2009;适配器，不训练全部权重。</translation>
    </message>
    <message>
        <source>Close what else uses this memory, or take a smaller model.</source>
        <translation>请关闭占用内存的其他程序，或换一个更小的模型。</translation>
    </message>
    <message>
        <source>%1 → %2</source>
        <comment>a setting before and after</comment>
        <translation>%1 → %2</translation>
    </message>
    <message>
        <source>Cost: %1</source>
        <translation>代价：%1</translation>
    </message>
    <message>
        <source>%1 and %2 of this machine</source>
        <comment>bytes of a card, bytes of the host</comment>
        <translation>%1，另加本机 %2</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>a setting and its value</comment>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>No settings take less than %1.</source>
        <translation>没有设置能低于 %1。</translation>
    </message>
    <message>
        <source>The least that settings can take is %1: %2.</source>
        <comment>bytes, settings</comment>
        <translation>设置最少也要占用 %1：%2。</translation>
    </message>
    <message>
        <source>, </source>
        <comment>between settings</comment>
        <translation>、</translation>
    </message>
</context>
<context>
    <name>attune::ui::ForecastBar</name>
    <message>
        <source>%1 too much</source>
        <translation>超出&#x2009;%1</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>item of the forecast with its size, what it is</comment>
        <translation>%1：%2</translation>
    </message>
</context>
<context>
    <name>attune::ui::ForecastCard</name>
    <message>
        <source>The command line is in the clipboard.</source>
        <translation>命令行已复制到剪贴板。</translation>
    </message>
    <message>
        <source>Memory forecast</source>
        <translation>装得下吗</translation>
    </message>
    <message>
        <source>Make it fit</source>
        <translation>让它装得下</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the command line</source>
        <translation>复制命令行</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>%1 of %2 parameters train</source>
        <translation>训练&#x2009;%1 / %2&#x2009;个参数</translation>
    </message>
    <message numerus="yes">
        <source>about %n step(s)</source>
        <translation>
            <numerusform>约&#x2009;%n&#x2009;步</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose a model, and what the run takes appears here.</source>
        <translation>选择模型后，这里显示训练需要多少内存。</translation>
    </message>
    <message>
        <source>Loading the engine…</source>
        <translation>正在加载引擎……</translation>
    </message>
    <message>
        <source>Looks for the mildest change of settings that fits, and shows it before anything is changed.</source>
        <translation>寻找改动最小且装得下的设置，先给你看，再由你决定是否采用。</translation>
    </message>
    <message numerus="yes">
        <source>%n setting(s) changed so that the run fits.</source>
        <translation>
            <numerusform>已修改&#x2009;%n&#x2009;项设置，现在装得下了。</numerusform>
        </translation>
    </message>
    <message>
        <source>Card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>about %1 tokens/s</source>
        <translation>约&#x2009;%1&#x2009;词元/秒</translation>
    </message>
    <message>
        <source>%1, %2 an epoch</source>
        <comment>speed, time</comment>
        <translation>%1，每轮&#x2009;%2</translation>
    </message>
    <message>
        <source>Make it fit, or keep the base weights in 4 bits.</source>
        <translation>可以点「让它装得下」，或把基座权重存为&#x2009;4&#x2009;位。</translation>
    </message>
    <message>
        <source>Make it fit, or take a smaller model.</source>
        <translation>可以点「让它装得下」，或换一个更小的模型。</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>two sentences</comment>
        <translation>%1%2</translation>
    </message>
    <message>
        <source>A %1 of %2</source>
        <comment>kind of card, cluster</comment>
        <translation>%2 的 %1</translation>
    </message>
    <message>
        <source>Worked out as if it ran here. Give the memory of a card above, and it is compared.</source>
        <translation>按本机估算。在上方填入一张卡的显存，就会与之比较。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ForecastView</name>
    <message>
        <source>%1 of %2 free</source>
        <comment>memory needed of free</comment>
        <translation>需要&#x2009;%1，空闲&#x2009;%2</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>本机内存</translation>
    </message>
</context>
<context>
    <name>attune::ui::HostKeyDialog</name>
    <message>
        <source>First connection to %1</source>
        <translation>首次连接 %1</translation>
    </message>
    <message>
        <source>Is this really %1?</source>
        <translation>这真的是 %1 吗？</translation>
    </message>
    <message>
        <source>Attune has not connected to this host before, and nothing has been sent yet. Compare the fingerprint with the one that your computing centre publishes, and go on only where both are the same.</source>
        <translation>Attune 以前没有连接过这台主机，目前还没有发送任何内容。请把指纹与计算中心公布的进行比较，只有两者相同才继续。</translation>
    </message>
    <message>
        <source>Key of %1 (%2), for the cluster %3</source>
        <translation>%1 的密钥（%2），用于集群 %3</translation>
    </message>
    <message>
        <source>Fingerprint</source>
        <translation>指纹</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the fingerprint</source>
        <translation>复制指纹</translation>
    </message>
    <message>
        <source>Trust remembers the key. If the host ever shows another one, Attune refuses to connect and says so.</source>
        <translation>选择「信任」会记住密钥。以后主机若出示别的密钥，Attune 会拒绝连接并说明。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Only this time</source>
        <translation>仅此一次</translation>
    </message>
    <message>
        <source>Trust</source>
        <translation>信任</translation>
    </message>
</context>
<context>
    <name>attune::ui::InstallDialog</name>
    <message>
        <source>Install the training program on %1</source>
        <translation>在 %1&#x2009;上安装训练程序</translation>
    </message>
    <message>
        <source>Sends the sources (2 MB) and builds them on the login node against the site&apos;s own libtorch, without root and without the internet: 25 to 60 minutes of one core. The build goes on when the connection is lost or this window closes. Then a short job tries the program on a compute node.</source>
        <translation>发送源码（2 MB），在登录节点上用该站点自己的&#x2009;libtorch&#x2009;编译，不需要&#x2009;root，也不需要互联网：单核&#x2009;25&#x2009;到&#x2009;60&#x2009;分钟。断开连接或关闭窗口后编译仍会继续。随后用一个短作业在计算节点上试运行。</translation>
    </message>
    <message>
        <source>Environment script</source>
        <translation>环境脚本</translation>
    </message>
    <message>
        <source>none; the profile names it</source>
        <translation>无；可在配置中填写</translation>
    </message>
    <message>
        <source>Folder of libtorch</source>
        <translation>libtorch&#x2009;文件夹</translation>
    </message>
    <message>
        <source>that of the torch which python3 imports there</source>
        <translation>集群上&#x2009;python3&#x2009;所导入的&#x2009;torch&#x2009;的文件夹</translation>
    </message>
    <message>
        <source>C++ compiler</source>
        <translation>C++&#x2009;编译器</translation>
    </message>
    <message>
        <source>the first that will do: GCC 9 or newer, 11 for libtorch 2.13</source>
        <translation>第一个可用的：GCC 9&#x2009;或更新，libtorch 2.13&#x2009;需要&#x2009;11</translation>
    </message>
    <message>
        <source>CMake</source>
        <translation>CMake</translation>
    </message>
    <message>
        <source>the first that is 3.16 or newer</source>
        <translation>第一个不低于&#x2009;3.16&#x2009;的</translation>
    </message>
    <message>
        <source>Compiles at a time</source>
        <translation>同时编译数</translation>
    </message>
    <message>
        <source>Memory for them</source>
        <translation>编译可用内存</translation>
    </message>
    <message>
        <source>Progress of the installation</source>
        <translation>安装进度</translation>
    </message>
    <message>
        <source>Output of the build</source>
        <translation>编译的输出</translation>
    </message>
    <message>
        <source>Copy output</source>
        <translation>复制输出</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Install again</source>
        <translation>重新安装</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>安装</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Stop the build</source>
        <translation>停止编译</translation>
    </message>
    <message>
        <source>No compute node was free to try it; check the environment later.</source>
        <translation>没有空闲的计算节点可供试运行；请稍后检查环境。</translation>
    </message>
    <message>
        <source>It works on %1.</source>
        <comment>a node</comment>
        <translation>在 %1&#x2009;上可以运行。</translation>
    </message>
    <message>
        <source>It does not work on %1.</source>
        <comment>a node</comment>
        <translation>在 %1&#x2009;上无法运行。</translation>
    </message>
    <message>
        <source>Installed in %1.</source>
        <translation>已安装到 %1。</translation>
    </message>
    <message>
        <source>The output is in the clipboard.</source>
        <translation>输出已复制到剪贴板。</translation>
    </message>
</context>
<context>
    <name>attune::ui::JobFilesDialog</name>
    <message>
        <source>Job</source>
        <translation>作业</translation>
    </message>
    <message>
        <source>Job %1</source>
        <translation>作业 %1</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Script</source>
        <translation>脚本</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Run config</source>
        <translation>训练配置</translation>
    </message>
    <message>
        <source>%1 is not there yet.</source>
        <translation>%1&#x2009;还不存在。</translation>
    </message>
    <message>
        <source>The end of %1</source>
        <comment>a file</comment>
        <translation>%1&#x2009;的末尾</translation>
    </message>
</context>
<context>
    <name>attune::ui::JobPreviewDialog</name>
    <message>
        <source>What goes to %1</source>
        <comment>a cluster</comment>
        <translation>发往 %1 的内容</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Script</source>
        <translation>脚本</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Run config</source>
        <translation>训练配置</translation>
    </message>
    <message>
        <source>What is called there. TOKEN stands for the name that the job gets.</source>
        <translation>在集群上执行的命令。TOKEN 代表作业将得到的名称。</translation>
    </message>
    <message>
        <source>The job&apos;s script. It is the same for every run; what differs it reads from job.env.</source>
        <translation>作业脚本。每次训练都相同，不同之处从 job.env 读取。</translation>
    </message>
    <message>
        <source>What the script reads: nothing in it is run as a command of the shell.</source>
        <translation>脚本读取的内容，其中任何内容都不会作为 shell 命令执行。</translation>
    </message>
    <message>
        <source>The run&apos;s settings, with the paths there.</source>
        <translation>本次训练的设置，其中的路径为集群上的路径。</translation>
    </message>
</context>
<context>
    <name>attune::ui::KeyChangeDialog</name>
    <message>
        <source>Another key of %1</source>
        <translation>%1&#x2009;的另一个密钥</translation>
    </message>
    <message>
        <source>%1 shows another key than before</source>
        <translation>%1&#x2009;出示的密钥与以前不同</translation>
    </message>
    <message>
        <source>That is so where the centre has set the host up anew, and also where somebody stands between it and you, who would read your password. Nothing has been sent. Ask the centre, by telephone or on its page, which fingerprint is right; go on only where it is the new one.</source>
        <translation>计算中心重新安装主机时会这样，有人在您与主机之间截听、想读取您的密码时也会这样。目前什么都没有发送。请通过电话或计算中心的网页确认哪个指纹是对的；只有确认是新的那个时才继续。</translation>
    </message>
    <message>
        <source>On file: %1, in %2</source>
        <comment>kind of key, file and line</comment>
        <translation>已保存：%1，位于 %2</translation>
    </message>
    <message>
        <source>Shown now: %1</source>
        <comment>kind of key</comment>
        <translation>现在出示：%1</translation>
    </message>
    <message>
        <source>To put the new key in the place of the old one, type the host&apos;s name: %1</source>
        <translation>要用新密钥替换旧密钥，请输入主机名：%1</translation>
    </message>
    <message>
        <source>The old key stands in a file that Attune only reads. Where the centre confirms the new one, remove the old one with this command, then connect again:</source>
        <translation>旧密钥所在的文件&#x2009;Attune&#x2009;只读取、不改写。如果计算中心确认了新密钥，请用下面的命令删除旧密钥，然后重新连接：</translation>
    </message>
    <message>
        <source>The host&apos;s name</source>
        <translation>主机名</translation>
    </message>
    <message>
        <source>Command that removes the old key</source>
        <translation>删除旧密钥的命令</translation>
    </message>
    <message>
        <source>Copy command</source>
        <translation>复制命令</translation>
    </message>
    <message>
        <source>Keep the old key</source>
        <translation>保留旧密钥</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Replace the key</source>
        <translation>更换密钥</translation>
    </message>
</context>
<context>
    <name>attune::ui::LengthHistogram</name>
    <message numerus="yes">
        <source>%1 to %2 tokens: %Ln row(s)</source>
        <translation>
            <numerusform>%1&#x2009;到&#x2009;%2&#x2009;词元：%Ln&#x2009;行</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::LensCard</name>
    <message>
        <source>Stop counting</source>
        <translation>停止统计</translation>
    </message>
    <message>
        <source>The model, the template and the length that tokens are counted under.</source>
        <translation>统计词元所用的模型、模板和长度。</translation>
    </message>
    <message>
        <source>Length of the rows, in tokens</source>
        <translation>各行长度（词元）</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>模板</translation>
    </message>
    <message>
        <source>Cut at, in tokens</source>
        <translation>截断长度（词元）</translation>
    </message>
    <message>
        <source>Another length…</source>
        <translation>其他长度……</translation>
    </message>
    <message>
        <source>Cut at</source>
        <translation>截断长度</translation>
    </message>
    <message>
        <source>The longest row, in tokens.</source>
        <translation>最长一行的词元数。</translation>
    </message>
    <message>
        <source>Choose a model to count tokens ▾</source>
        <translation>选择模型以统计词元 ▾</translation>
    </message>
    <message>
        <source>As %1 sees it, cut at %2 ▾</source>
        <translation>%1&#x2009;眼中的数据，截断于&#x2009;%2 ▾</translation>
    </message>
    <message>
        <source>Counting tokens</source>
        <translation>正在统计词元</translation>
    </message>
    <message>
        <source>Counting tokens, %1</source>
        <translation>正在统计词元，%1</translation>
    </message>
    <message>
        <source>%1 trained tokens · %2 fit uncut</source>
        <translation>训练词元&#x2009;%1 · %2&#x2009;无需截断</translation>
    </message>
</context>
<context>
    <name>attune::ui::LoginDialog</name>
    <message>
        <source>Sign in to %1</source>
        <translation>登录 %1</translation>
    </message>
    <message>
        <source>A key for %1 is locked</source>
        <translation>用于 %1 的密钥已加锁</translation>
    </message>
    <message>
        <source>For the cluster %1.</source>
        <translation>用于集群 %1。</translation>
    </message>
    <message>
        <source>As %1, for the cluster %2.</source>
        <translation>用户 %1，用于集群 %2。</translation>
    </message>
    <message>
        <source>That was not the passphrase. Try again.</source>
        <translation>口令不对，请重试。</translation>
    </message>
    <message>
        <source>That was not accepted. Try again.</source>
        <translation>没有通过，请重试。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>解锁</translation>
    </message>
    <message>
        <source>Sign in</source>
        <translation>登录</translation>
    </message>
    <message>
        <source>Remember it in the keyring of this desktop</source>
        <translation>记在此桌面的密钥环中</translation>
    </message>
    <message>
        <source>The passphrase stays on this machine.</source>
        <translation>口令不会离开本机。</translation>
    </message>
    <message>
        <source>What you type goes to %1 alone.</source>
        <translation>您输入的内容只发给 %1。</translation>
    </message>
    <message>
        <source>Unless it is to be remembered, it is kept in memory while Attune connects, and nowhere else.</source>
        <translation>除非选择记住，否则只在连接期间留在内存中，不保存在别处。</translation>
    </message>
    <message>
        <source>It is kept in memory while Attune connects, and nowhere else.</source>
        <translation>只在连接期间留在内存中，不保存在别处。</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>two sentences</comment>
        <translation>%1%2</translation>
    </message>
</context>
<context>
    <name>attune::ui::MainWindow</name>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为&#x2009;%1。</translation>
    </message>
    <message>
        <source>Attune cannot open this. It takes data (JSON, JSON Lines, CSV, text), a Hugging Face model folder, a GGUF file, an adapter folder or a run folder.</source>
        <translation>Attune&#x2009;打不开它。可以拖入数据（JSON、JSON Lines、CSV、文本）、Hugging Face&#x2009;模型文件夹、GGUF&#x2009;文件、适配器文件夹或训练文件夹。</translation>
    </message>
    <message>
        <source>The run of this job is not in this workspace.</source>
        <translation>这个作业的运行不在此工作区。</translation>
    </message>
</context>
<context>
    <name>attune::ui::MarkLegend</name>
    <message>
        <source>Marks on the curve</source>
        <translation>曲线上的标记</translation>
    </message>
</context>
<context>
    <name>attune::ui::MarkdownView</name>
    <message numerus="yes">
        <source>%Ln more character(s) are not shown. Copying takes them along.</source>
        <translation>
            <numerusform>还有&#x2009;%Ln&#x2009;个字符没有显示，复制时会一并带上。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::Menus</name>
    <message>
        <source>&amp;Page</source>
        <translation>页面(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>Start the sample run</source>
        <translation>开始示例训练</translation>
    </message>
    <message>
        <source>Open data…</source>
        <translation>打开数据……</translation>
    </message>
    <message>
        <source>Open a model folder…</source>
        <translation>打开模型文件夹……</translation>
    </message>
    <message>
        <source>A Hugging Face model folder</source>
        <translation>Hugging Face&#x2009;模型文件夹</translation>
    </message>
    <message>
        <source>Open a run folder…</source>
        <translation>打开训练文件夹……</translation>
    </message>
    <message>
        <source>A run folder</source>
        <translation>训练文件夹</translation>
    </message>
    <message>
        <source>Open the workspace folder</source>
        <translation>打开工作区文件夹</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置……</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>查看(&amp;V)</translation>
    </message>
    <message>
        <source>Switch between light and dark</source>
        <translation>切换浅色与深色</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>全屏</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>训练(&amp;R)</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Checkpoint now</source>
        <translation>立即保存检查点</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Save diagnostics…</source>
        <translation>保存诊断信息……</translation>
    </message>
    <message>
        <source>About Attune</source>
        <translation>关于&#x2009;Attune</translation>
    </message>
    <message>
        <source>%1 page</source>
        <translation>%1页面</translation>
    </message>
</context>
<context>
    <name>attune::ui::MetricChart</name>
    <message>
        <source>step %1</source>
        <translation>第&#x2009;%1&#x2009;步</translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelDetails</name>
    <message>
        <source>Train with it</source>
        <translation>用它训练</translation>
    </message>
    <message>
        <source>Chat with it</source>
        <translation>与它对话</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>基本信息</translation>
    </message>
    <message>
        <source>What fits here</source>
        <translation>装得下吗</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Size of the weights by the bits kept of each. At 4 bits (NF4) embedding and output stay at 16.</source>
        <translation>权重按每个参数保留的位数计算的大小。4&#x2009;位（NF4）时，嵌入层和输出层仍保留&#x2009;16&#x2009;位。</translation>
    </message>
    <message>
        <source>Move to the trash</source>
        <translation>移到回收站</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>层数</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>宽度</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation>%1&#x2009;个词元</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>词表</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>分词器</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Stored as</source>
        <translation>存储格式</translation>
    </message>
    <message>
        <source>see below</source>
        <translation>见下方</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), %1</source>
        <translation>
            <numerusform>%Ln&#x2009;个文件，共&#x2009;%1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %Ln more</source>
        <translation>
            <numerusform>还有&#x2009;%Ln&#x2009;个问题</numerusform>
        </translation>
    </message>
    <message>
        <source>16 bits</source>
        <translation>16&#x2009;位</translation>
    </message>
    <message>
        <source>8 bits</source>
        <translation>8&#x2009;位</translation>
    </message>
    <message>
        <source>4 bits</source>
        <translation>4&#x2009;位</translation>
    </message>
    <message>
        <source>Working out what training takes…</source>
        <translation>正在估算训练所需的内存……</translation>
    </message>
    <message>
        <source>LoRA with the usual settings fits: it takes %1, and %2 is free.</source>
        <translation>按常用设置做&#x2009;LoRA&#x2009;装得下：需要&#x2009;%1，空闲&#x2009;%2。</translation>
    </message>
    <message>
        <source>LoRA with the usual settings takes %1, and %2 is free. Smaller settings fit: Make it fit, on the Train page, finds them.</source>
        <translation>按常用设置做&#x2009;LoRA&#x2009;需要&#x2009;%1，空闲只有&#x2009;%2。调小设置后装得下：用「训练」页的「让它装得下」来找。</translation>
    </message>
    <message>
        <source>LoRA takes %1 here, and %2 is free; no smaller settings fit. Close other programs or take a smaller model.</source>
        <translation>做&#x2009;LoRA&#x2009;需要&#x2009;%1，空闲只有&#x2009;%2，再调小设置也装不下。请关闭其他程序，或换一个更小的模型。</translation>
    </message>
    <message numerus="yes">
        <source>More than %Ln file(s), together more than %1</source>
        <translation>
            <numerusform>超过&#x2009;%Ln&#x2009;个文件，总共超过&#x2009;%1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelDownloads</name>
    <message>
        <source>A download from elsewhere</source>
        <translation>来自别处的下载</translation>
    </message>
    <message>
        <source>Fetch what is missing of %1 from %2? Attune did not begin this download here, so only the folder itself says that the model comes from there.</source>
        <translation>要从&#x2009;%2&#x2009;获取&#x2009;%1&#x2009;尚缺的文件吗？这次下载不是在这台机器上由&#x2009;Attune&#x2009;开始的，模型来自那里只是文件夹自己的说法。</translation>
    </message>
    <message>
        <source>Fetch from there</source>
        <translation>从那里获取</translation>
    </message>
    <message>
        <source>Leave it</source>
        <translation>先不继续</translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelRowDelegate</name>
    <message>
        <source>cannot be used</source>
        <translation>无法使用</translation>
    </message>
    <message>
        <source>cannot be judged</source>
        <translation>无法判断</translation>
    </message>
    <message>
        <source>fits</source>
        <translation>装得下</translation>
    </message>
    <message>
        <source>fits with less</source>
        <translation>调小后装得下</translation>
    </message>
    <message>
        <source>too large</source>
        <translation>装不下</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1&#x2009;参数</translation>
    </message>
    <message>
        <source>incomplete</source>
        <translation>不完整</translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelShelf</name>
    <message>
        <source>%1 could not be moved to the trash. Delete its folder by hand.</source>
        <translation>无法把&#x2009;%1&#x2009;移到回收站，请手动删除它的文件夹。</translation>
    </message>
    <message>
        <source>The model could not be taken out of the trash. It is still there.</source>
        <translation>无法从回收站取回模型，它还在回收站里。</translation>
    </message>
    <message>
        <source>%1 B</source>
        <comment>billions of parameters</comment>
        <translation>%1B</translation>
    </message>
    <message>
        <source>%1 M</source>
        <comment>millions of parameters</comment>
        <translation>%1M</translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelsPage</name>
    <message>
        <source>A GGUF file</source>
        <translation>GGUF&#x2009;文件</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf)</source>
        <translation>GGUF&#x2009;模型&#x2009;(*.gguf)</translation>
    </message>
    <message>
        <source>%1 is here.</source>
        <translation>%1&#x2009;已下载完成。</translation>
    </message>
    <message>
        <source>%1 is in the trash.</source>
        <translation>%1&#x2009;已移到回收站。</translation>
    </message>
    <message>
        <source>%1 is no longer on the list. Its files stay.</source>
        <translation>%1&#x2009;已从列表中移除，文件保留不动。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>The models on this machine, and what fits here.</source>
        <translation>这台机器上的模型，以及哪些装得下。</translation>
    </message>
    <message>
        <source>Add GGUF files…</source>
        <translation>添加&#x2009;GGUF&#x2009;文件……</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>添加文件夹……</translation>
    </message>
    <message>
        <source>Download…</source>
        <translation>下载……</translation>
    </message>
    <message>
        <source>Search models…</source>
        <translation>查找模型……</translation>
    </message>
    <message>
        <source>Search models</source>
        <translation>查找模型</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Models appear here: Hugging Face folders and GGUF files. Add those you have, drop them onto the window, or download one. The starter model is small enough for any machine.</source>
        <translation>模型会显示在这里：Hugging Face&#x2009;文件夹和&#x2009;GGUF&#x2009;文件。可以添加已有的模型、拖进窗口，或者下载一个。入门模型很小，什么机器都能用。</translation>
    </message>
    <message>
        <source>Models appear here: Hugging Face folders and GGUF files. Add those you have, drop them onto the window, or download one.</source>
        <translation>模型会显示在这里：Hugging Face&#x2009;文件夹和&#x2009;GGUF&#x2009;文件。可以添加已有的模型、拖进窗口，或者下载一个。</translation>
    </message>
    <message>
        <source>Use the starter model</source>
        <translation>使用入门模型</translation>
    </message>
    <message>
        <source>Look for models again</source>
        <translation>重新查找模型</translation>
    </message>
    <message>
        <source>A model folder, or a folder with several</source>
        <translation>一个模型文件夹，或放着多个模型的文件夹</translation>
    </message>
    <message numerus="yes">
        <source>%Ln model(s)</source>
        <translation>
            <numerusform>%Ln&#x2009;个模型</numerusform>
        </translation>
    </message>
    <message>
        <source>Reading model %1 of %2…</source>
        <translation>正在读取第&#x2009;%1&#x2009;个模型，共&#x2009;%2&#x2009;个……</translation>
    </message>
    <message>
        <source>Working out what fits…</source>
        <translation>正在判断哪些装得下……</translation>
    </message>
    <message>
        <source>Looking for models…</source>
        <translation>正在查找模型……</translation>
    </message>
</context>
<context>
    <name>attune::ui::ProfileDialog</name>
    <message>
        <source>A private key</source>
        <translation>私钥</translation>
    </message>
    <message>
        <source>Add a cluster</source>
        <translation>添加集群</translation>
    </message>
    <message>
        <source>Edit %1</source>
        <translation>编辑 %1</translation>
    </message>
    <message>
        <source>How it is reached</source>
        <translation>如何连接</translation>
    </message>
    <message>
        <source>On the cluster</source>
        <translation>在集群上</translation>
    </message>
    <message>
        <source>What the Train page begins with</source>
        <translation>训练页的初始值</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>as you call it</source>
        <translation>您对它的称呼</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>login.example.edu, an address, or a Host of ~/.ssh/config</source>
        <translation>login.example.edu、地址，或 ~/.ssh/config 中的 Host</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>as in ~/.ssh/config, else your name here</source>
        <translation>按 ~/.ssh/config，否则为本机用户名</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>as in ~/.ssh/config, else 22</source>
        <translation>按 ~/.ssh/config，否则为 22</translation>
    </message>
    <message>
        <source>Key files</source>
        <translation>密钥文件</translation>
    </message>
    <message>
        <source>besides those of ~/.ssh; separated by commas</source>
        <translation>除 ~/.ssh 中的以外；用逗号分隔</translation>
    </message>
    <message>
        <source>Jump hosts</source>
        <translation>跳板机</translation>
    </message>
    <message>
        <source>user@gate:22, in the order they are passed through; as in ~/.ssh/config when empty</source>
        <translation>user@gate:22，按经过的顺序；留空则按 ~/.ssh/config</translation>
    </message>
    <message>
        <source>Environment script</source>
        <translation>环境脚本</translation>
    </message>
    <message>
        <source>sourced before each run, such as ~/env.sh; may be empty</source>
        <translation>每次训练前执行，例如 ~/env.sh；可留空</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>for jobs and uploaded models; relative paths begin in the home folder</source>
        <translation>存放作业和上传的模型；相对路径从主目录开始</translation>
    </message>
    <message>
        <source>Training program</source>
        <translation>训练程序</translation>
    </message>
    <message>
        <source>attune, or the path of the one built there</source>
        <translation>attune，或在那里编译的程序的路径</translation>
    </message>
    <message>
        <source>Partition</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>such as kshdtest</source>
        <translation>例如 kshdtest</translation>
    </message>
    <message>
        <source>Kind of card</source>
        <translation>卡的类型</translation>
    </message>
    <message>
        <source>such as dcu or gpu:a100; empty = none</source>
        <translation>例如 dcu 或 gpu:a100；留空表示不用</translation>
    </message>
    <message>
        <source>Account</source>
        <translation>帐号</translation>
    </message>
    <message>
        <source>the one of the site when empty</source>
        <translation>留空则用中心的默认值</translation>
    </message>
    <message>
        <source>Quality of service</source>
        <translation>服务质量</translation>
    </message>
    <message>
        <source>Use the keys of the SSH agent, too</source>
        <translation>同时使用 SSH 代理中的密钥</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>添加……</translation>
    </message>
    <message>
        <source>Add a key file</source>
        <translation>添加密钥文件</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Give it a name of at most 100 letters.</source>
        <translation>请取一个不超过 100 个字符的名称。</translation>
    </message>
    <message>
        <source>A user name holds no spaces or quotes.</source>
        <translation>用户名不能含空格或引号。</translation>
    </message>
    <message>
        <source>A port goes from 1 to 65535.</source>
        <translation>端口的范围是 1 到 65535。</translation>
    </message>
    <message>
        <source>A jump host is written as user@host:port; user and port may be left out.</source>
        <translation>跳板机写作 user@host:port，用户和端口可以省略。</translation>
    </message>
    <message>
        <source>The path is too long or holds control characters.</source>
        <translation>路径太长或含有控制字符。</translation>
    </message>
    <message>
        <source>Give a folder on the cluster.</source>
        <translation>请给出集群上的文件夹。</translation>
    </message>
    <message>
        <source>Give the program that trains.</source>
        <translation>请给出训练程序。</translation>
    </message>
    <message>
        <source>Another cluster is called %1.</source>
        <translation>已有名为 %1 的集群。</translation>
    </message>
    <message>
        <source>Give a host name or an address alone: user and port have fields of their own.</source>
        <translation>只填写主机名或地址，用户名和端口请填在各自的栏中。</translation>
    </message>
    <message>
        <source>Name private key files that are there, such as ~/.ssh/id_ed25519; not the .pub beside it.</source>
        <translation>请填写存在的私钥文件，如 ~/.ssh/id_ed25519；不要填旁边的 .pub 文件。</translation>
    </message>
</context>
<context>
    <name>attune::ui::ProgressStrip</name>
    <message>
        <source>Checkpoint now</source>
        <translation>立即保存检查点</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Ends the run after this step and saves a checkpoint, from which it can go on.</source>
        <translation>完成当前步后结束，并保存检查点，以后可以接着训练。</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
</context>
<context>
    <name>attune::ui::ProseView</name>
    <message>
        <source>The link leads to %1</source>
        <translation>这个链接通往&#x2009;%1</translation>
    </message>
    <message>
        <source>Open in the browser</source>
        <translation>在浏览器中打开</translation>
    </message>
    <message>
        <source>This link does not lead to a web page, so it is not opened: %1</source>
        <translation>这个链接不是网页，因此不会打开：%1</translation>
    </message>
</context>
<context>
    <name>attune::ui::QuitGuard</name>
    <message>
        <source>A run is going</source>
        <translation>训练正在进行</translation>
    </message>
    <message>
        <source>Stop the run and quit? It saves a checkpoint first and can go on later.</source>
        <translation>停止训练并退出？会先保存检查点，以后可以接着训练。</translation>
    </message>
    <message>
        <source>Stop and quit</source>
        <translation>停止并退出</translation>
    </message>
    <message>
        <source>Keep training</source>
        <translation>继续训练</translation>
    </message>
    <message>
        <source>The run saves a checkpoint, then Attune closes.</source>
        <translation>保存检查点后，Attune&#x2009;即关闭。</translation>
    </message>
    <message numerus="yes">
        <source>%n waiting run(s) keep their places until Attune is opened again.</source>
        <translation>
            <numerusform>%n&#x2009;个排队的训练会保留位置，下次打开&#x2009;Attune&#x2009;时仍在。</numerusform>
        </translation>
    </message>
    <message>
        <source>The run is still ending</source>
        <translation>训练仍在收尾</translation>
    </message>
    <message>
        <source>Quit without waiting? The run can then go on from its last checkpoint.</source>
        <translation>不等它结束就退出？以后可以从最近的检查点接着训练。</translation>
    </message>
    <message>
        <source>Quit now</source>
        <translation>立即退出</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
</context>
<context>
    <name>attune::ui::ReplaceBar</name>
    <message>
        <source>Find in the texts</source>
        <translation>在文本中查找</translation>
    </message>
    <message>
        <source>Replace by</source>
        <translation>替换为</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>正则表达式</translation>
    </message>
    <message>
        <source>In what replaces, $1 to $9 stand for the groups.</source>
        <translation>替换文本中，$1&#x2009;到&#x2009;$9&#x2009;代表各分组。</translation>
    </message>
    <message>
        <source>Match case</source>
        <translation>区分大小写</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Replace in all rows</source>
        <translation>在所有行中替换</translation>
    </message>
    <message numerus="yes">
        <source>Replace in the %Ln row(s) shown</source>
        <translation>
            <numerusform>在显示的&#x2009;%Ln&#x2009;行中替换</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RowEditor</name>
    <message>
        <source>Turns</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>How the row is shown</source>
        <translation>这一行的显示方式</translation>
    </message>
    <message>
        <source>Turn</source>
        <translation>一轮</translation>
    </message>
    <message>
        <source>Adds a turn at the end.</source>
        <translation>在末尾添加一轮。</translation>
    </message>
    <message>
        <source>Add a turn</source>
        <translation>添加一轮</translation>
    </message>
    <message>
        <source>Delete row</source>
        <translation>删除此行</translation>
    </message>
    <message>
        <source>Next problem F8</source>
        <translation>下一个问题&#x2009;F8</translation>
    </message>
    <message>
        <source>The row as JSON</source>
        <translation>这一行的&#x2009;JSON</translation>
    </message>
    <message numerus="yes">
        <source>Show %n more turn(s)</source>
        <translation>
            <numerusform>再显示&#x2009;%n&#x2009;轮</numerusform>
        </translation>
    </message>
    <message>
        <source>Row %1</source>
        <translation>第&#x2009;%1&#x2009;行</translation>
    </message>
    <message>
        <source>Choose a row</source>
        <translation>选择一行</translation>
    </message>
    <message>
        <source>This is no JSON yet; the row stays as it was.</source>
        <translation>这还不是有效的&#x2009;JSON，这一行保持原样。</translation>
    </message>
    <message>
        <source>Choose a model below the table to see its tokens.</source>
        <translation>在表格下方选择模型，即可看到词元。</translation>
    </message>
    <message>
        <source>Only the beginning is shown, so it cannot be edited here: %1 more characters follow.</source>
        <translation>这里只显示开头，因此不能编辑；后面还有&#x2009;%1&#x2009;个字符。</translation>
    </message>
</context>
<context>
    <name>attune::ui::RowPreviewPanel</name>
    <message>
        <source>What the model sees</source>
        <translation>模型看到的内容</translation>
    </message>
    <message>
        <source>Row</source>
        <translation>行</translation>
    </message>
    <message>
        <source>Length of the rows, in tokens</source>
        <translation>每行长度（词元）</translation>
    </message>
    <message>
        <source>Choose a model and data, and a row appears here as the model reads it, with the tokens it learns from coloured.</source>
        <translation>选择模型和数据后，这里显示模型读到的一行，参与训练的词元会上色。</translation>
    </message>
    <message>
        <source>This row cannot be used. The command attune data check says why.</source>
        <translation>这一行无法使用，可用&#x2009;attune data check&#x2009;查看原因。</translation>
    </message>
    <message>
        <source>%1 of the rows fit uncut.</source>
        <translation>%1&#x2009;的行无需截断。</translation>
    </message>
    <message numerus="yes">
        <source>of %Ln row(s)</source>
        <translation>
            <numerusform>/ 共&#x2009;%Ln&#x2009;行</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RunActions</name>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Start earlier</source>
        <translation>提前一位</translation>
    </message>
    <message>
        <source>Start later</source>
        <translation>推后一位</translation>
    </message>
    <message>
        <source>Take out of the queue</source>
        <translation>移出队列</translation>
    </message>
    <message>
        <source>Move to the trash</source>
        <translation>移到回收站</translation>
    </message>
    <message>
        <source>%1 no longer waits.</source>
        <translation>%1&#x2009;已移出队列。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>%1 could not be moved to the trash. Delete its folder by hand.</source>
        <translation>无法把&#x2009;%1&#x2009;移到回收站，请手动删除其文件夹。</translation>
    </message>
    <message>
        <source>%1 is in the trash.</source>
        <translation>%1&#x2009;已移到回收站。</translation>
    </message>
    <message>
        <source>The run could not be taken out of the trash. It is still there.</source>
        <translation>无法从回收站取回这次训练，它仍在回收站中。</translation>
    </message>
    <message numerus="yes">
        <source>%n run(s) are in the trash.</source>
        <translation>
            <numerusform>%n&#x2009;个训练已移到回收站。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RunAnswers</name>
    <message>
        <source>Answers at this step</source>
        <translation>这一步的回答</translation>
    </message>
    <message>
        <source>Step %1</source>
        <translation>第&#x2009;%1&#x2009;步</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunCurves</name>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>raw and smoothed, validation dashed</source>
        <translation>原始与平滑，虚线为验证</translation>
    </message>
    <message>
        <source>smoothing</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Logarithmic axis</source>
        <translation>对数坐标</translation>
    </message>
    <message>
        <source>by step</source>
        <translation>按步</translation>
    </message>
    <message>
        <source>by token</source>
        <translation>按词元</translation>
    </message>
    <message>
        <source>by minute</source>
        <translation>按分钟</translation>
    </message>
    <message>
        <source>Horizontal axis</source>
        <translation>横轴</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation>梯度范数</translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation>词元/秒</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Export the chart</source>
        <translation>导出图表</translation>
    </message>
    <message>
        <source>Picture (*.png);;Vector picture (*.svg);;Table of values (*.csv)</source>
        <translation>图片 (*.png);;矢量图 (*.svg);;数据表 (*.csv)</translation>
    </message>
    <message>
        <source>answers</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Sample answers beside the curve</source>
        <translation>在曲线旁显示示例回答</translation>
    </message>
    <message>
        <source>Memory in GiB</source>
        <translation>内存（GiB）</translation>
    </message>
    <message>
        <source>Curve: %1</source>
        <translation>曲线：%1</translation>
    </message>
    <message>
        <source>Show this curve large</source>
        <translation>放大这条曲线</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunJobCard</name>
    <message>
        <source>Cancel job</source>
        <translation>取消作业</translation>
    </message>
    <message>
        <source>Cancel the job at once? What it computed since its last checkpoint is lost. Stop, above, saves one first.</source>
        <translation>立即取消作业？上一个检查点之后的计算会丢失。上方的「停止」会先保存检查点。</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Remove from the cluster</source>
        <translation>从集群删除</translation>
    </message>
    <message>
        <source>Remove the run&apos;s folder on the cluster, with its checkpoints? The result and the curves stay on this machine.</source>
        <translation>删除集群上的训练文件夹及其检查点？结果和曲线保留在本机。</translation>
    </message>
    <message>
        <source>Remove the run&apos;s folder on the cluster? Its result has not been fetched and would be lost.</source>
        <translation>删除集群上的训练文件夹？结果尚未取回，会因此丢失。</translation>
    </message>
    <message>
        <source>Fetch the result</source>
        <translation>取回结果</translation>
    </message>
    <message>
        <source>Copies the adapter or model to this machine, checked by its hashes.</source>
        <translation>把适配器或模型复制到本机，并用哈希校验。</translation>
    </message>
    <message>
        <source>Fetch everything</source>
        <translation>取回全部</translation>
    </message>
    <message>
        <source>The result and every checkpoint.</source>
        <translation>结果和所有检查点。</translation>
    </message>
    <message>
        <source>%1 It cannot start as it is: cancel it, or change the request.</source>
        <comment>a reason</comment>
        <translation>%1按现在的请求无法开始：请取消，或修改请求。</translation>
    </message>
    <message>
        <source>Fetching…</source>
        <translation>正在取回……</translation>
    </message>
    <message>
        <source>Fetch again</source>
        <translation>再次取回</translation>
    </message>
    <message>
        <source>Script and log…</source>
        <translation>脚本与日志…</translation>
    </message>
    <message>
        <source>The job&apos;s script and values as they lie on the cluster, and its raw log as it grows.</source>
        <translation>作业在集群上的脚本与参数，以及随写随看的原始日志。</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunLogView</name>
    <message>
        <source>Search the log…</source>
        <translation>搜索日志……</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>跟随</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copies the chosen lines, or all that are shown.</source>
        <translation>复制选中的行；未选中时复制全部显示的行。</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message numerus="yes">
        <source>%n line(s) found</source>
        <translation>
            <numerusform>找到&#x2009;%n&#x2009;行</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The last %n line(s) were copied.</source>
        <translation>
            <numerusform>已复制最后&#x2009;%n&#x2009;行。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RunMemory</name>
    <message>
        <source>Memory forecast</source>
        <translation>内存预测</translation>
    </message>
    <message>
        <source>Measured peak so far</source>
        <translation>至今实测峰值</translation>
    </message>
    <message>
        <source>Measured peak</source>
        <translation>实测峰值</translation>
    </message>
    <message>
        <source>%1, as forecast</source>
        <translation>%1，与预测一致</translation>
    </message>
    <message>
        <source>%1, %2 more than forecast</source>
        <translation>%1，比预测多&#x2009;%2</translation>
    </message>
    <message>
        <source>%1, %2 less than forecast</source>
        <translation>%1，比预测少&#x2009;%2</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunModel</name>
    <message>
        <source>Step %1: loss %2, %3 tokens/s</source>
        <translation>第&#x2009;%1&#x2009;步：损失&#x2009;%2，%3&#x2009;词元/秒</translation>
    </message>
    <message>
        <source>Started on %1, %2 steps</source>
        <translation>在&#x2009;%1&#x2009;上开始，共&#x2009;%2&#x2009;步</translation>
    </message>
    <message>
        <source>Validation at step %1: loss %2</source>
        <translation>第&#x2009;%1&#x2009;步验证：损失&#x2009;%2</translation>
    </message>
    <message>
        <source>Checkpoint at step %1</source>
        <translation>第&#x2009;%1&#x2009;步检查点</translation>
    </message>
    <message>
        <source>Paused at step %1</source>
        <translation>在第&#x2009;%1&#x2009;步暂停</translation>
    </message>
    <message>
        <source>%1 changed from %2 to %3</source>
        <translation>%1&#x2009;由&#x2009;%2&#x2009;改为&#x2009;%3</translation>
    </message>
    <message>
        <source>Note: %1</source>
        <translation>提示：%1</translation>
    </message>
    <message>
        <source>Resumed from step %1</source>
        <translation>从第&#x2009;%1&#x2009;步继续</translation>
    </message>
    <message>
        <source>Failed: %1</source>
        <translation>失败：%1</translation>
    </message>
    <message>
        <source>Completed at step %1</source>
        <translation>在第&#x2009;%1&#x2009;步完成</translation>
    </message>
    <message>
        <source>Stopped at step %1</source>
        <translation>在第&#x2009;%1&#x2009;步停止</translation>
    </message>
    <message>
        <source>Out of memory at step %1: goes on with batches of %2, %3 accumulated</source>
        <translation>第&#x2009;%1&#x2009;步内存不足：改用批次&#x2009;%2、累积&#x2009;%3，继续训练</translation>
    </message>
    <message>
        <source>An update after step %1 was skipped: its gradients were not finite</source>
        <translation>第&#x2009;%1&#x2009;步之后跳过了一次更新：梯度不是有限值</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunNotesView</name>
    <message>
        <source>Tags, separated by commas</source>
        <translation>标签，用逗号分隔</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>笔记</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>What was tried, what came of it.</source>
        <translation>试了什么，结果如何。</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunSamplesView</name>
    <message>
        <source>Nothing here yet. Give sample prompts in the settings, and their answers appear as the run goes on.</source>
        <translation>还没有内容。在设置里填上示例问题，训练中的回答就会出现在这里。</translation>
    </message>
    <message>
        <source>Sample answers</source>
        <translation>示例回答</translation>
    </message>
    <message>
        <source>Step %1</source>
        <translation>第&#x2009;%1&#x2009;步</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunSettingsView</name>
    <message>
        <source>Settings that differ between %1 and %2</source>
        <translation>%1&#x2009;与&#x2009;%2&#x2009;不同的设置</translation>
    </message>
    <message>
        <source>Settings that differ from the defaults</source>
        <translation>与默认值不同的设置</translation>
    </message>
    <message>
        <source>Setting</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>This run</source>
        <translation>此次训练</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>默认值</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunTableModel</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>开始于</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>On disk</source>
        <translation>占用磁盘</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>位置</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunWatch</name>
    <message>
        <source>A model is being trained.</source>
        <translation>正在训练模型。</translation>
    </message>
    <message>
        <source>%1 is done</source>
        <translation>%1&#x2009;已完成</translation>
    </message>
    <message>
        <source>%1 has failed</source>
        <translation>%1&#x2009;失败了</translation>
    </message>
    <message>
        <source>%1 was stopped</source>
        <translation>%1&#x2009;已停止</translation>
    </message>
    <message>
        <source>Loss %1 at step %2.</source>
        <translation>第&#x2009;%2&#x2009;步，损失&#x2009;%1。</translation>
    </message>
</context>
<context>
    <name>attune::ui::RunsPage</name>
    <message>
        <source>Runs</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Train again…</source>
        <translation>再训一次……</translation>
    </message>
    <message>
        <source>Opens the form with the settings of this run.</source>
        <translation>用此次训练的设置打开表单。</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出……</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>接着训练</translation>
    </message>
    <message>
        <source>Search runs…</source>
        <translation>搜索训练记录……</translation>
    </message>
    <message>
        <source>Search runs</source>
        <translation>搜索训练记录</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>笔记</translation>
    </message>
    <message>
        <source>Runs appear here with their curves, from the first step on. Two minutes with the starter model show how it looks.</source>
        <translation>训练从第一步起就会在这里画出曲线。用入门模型试两分钟，便知是什么样子。</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n&#x2009;个训练中</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n&#x2009;个等待</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n finished</source>
        <translation>
            <numerusform>%n&#x2009;个已结束</numerusform>
        </translation>
    </message>
    <message>
        <source>What was trained, and how it went.</source>
        <translation>训练过什么，结果如何。</translation>
    </message>
    <message>
        <source>Open a run folder…</source>
        <translation>打开训练文件夹……</translation>
    </message>
    <message>
        <source>Open a run folder</source>
        <translation>打开训练文件夹</translation>
    </message>
    <message>
        <source>What is shown of the run</source>
        <translation>显示训练的哪些内容</translation>
    </message>
    <message>
        <source>Compare settings</source>
        <translation>对比设置</translation>
    </message>
    <message numerus="yes">
        <source>%n run(s) have waited since Attune was last open.</source>
        <translation>
            <numerusform>%n&#x2009;个训练自上次打开&#x2009;Attune&#x2009;起一直在排队。</numerusform>
        </translation>
    </message>
    <message>
        <source>Start them</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>%1 is no run folder: it has neither run.json nor events.jsonl.</source>
        <translation>%1&#x2009;不是训练文件夹：既没有&#x2009;run.json，也没有&#x2009;events.jsonl。</translation>
    </message>
    <message>
        <source>%1 had not begun: nothing of it is kept.</source>
        <translation>%1&#x2009;尚未开始，没有留下任何内容。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message numerus="yes">
        <source>%n paused</source>
        <translation>
            <numerusform>%n&#x2009;个已暂停</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n loading</source>
        <translation>
            <numerusform>%n&#x2009;个加载中</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::SamplingPanel</name>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>What the model is told first; may be empty.</source>
        <translation>最先告诉模型的话，可以留空。</translation>
    </message>
    <message>
        <source>Always the likeliest token</source>
        <translation>总取概率最高的词元</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Longest answer</source>
        <translation>最长回答</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Higher is more varied; 0 always takes the likeliest token.</source>
        <translation>越高越多样；0&#x2009;表示总取概率最高的词元。</translation>
    </message>
    <message>
        <source>Only the likeliest tokens of this total probability.</source>
        <translation>只保留累计概率达到此值的最可能词元。</translation>
    </message>
    <message>
        <source>Only so many of the likeliest tokens; 0 is all.</source>
        <translation>只保留这么多最可能的词元；0&#x2009;表示全部。</translation>
    </message>
    <message>
        <source>Drops tokens below this share of the likeliest.</source>
        <translation>去掉低于最高概率此比例的词元。</translation>
    </message>
    <message>
        <source>Above 1 makes repeated tokens less likely.</source>
        <translation>大于&#x2009;1&#x2009;时，重复的词元更不容易出现。</translation>
    </message>
    <message>
        <source>In tokens.</source>
        <translation>以词元计。</translation>
    </message>
    <message>
        <source>The same seed gives the same answer.</source>
        <translation>相同的种子得到相同的回答。</translation>
    </message>
    <message>
        <source>Model&apos;s own values</source>
        <translation>模型自带的值</translation>
    </message>
</context>
<context>
    <name>attune::ui::SettingRow</name>
    <message>
        <source>Changed. Back to the default: %1</source>
        <translation>已修改。恢复默认值：%1</translation>
    </message>
    <message>
        <source>Back to the default</source>
        <translation>恢复默认值</translation>
    </message>
    <message>
        <source>on</source>
        <translation>开启</translation>
    </message>
    <message>
        <source>Choose… (Alt+Down)</source>
        <translation>选择……（Alt+Down）</translation>
    </message>
</context>
<context>
    <name>attune::ui::SettingsDialog</name>
    <message>
        <source>The folder that holds runs, models and datasets</source>
        <translation>存放训练、模型和数据集的文件夹</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>动画</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>工作区</translation>
    </message>
    <message>
        <source>Training threads</source>
        <translation>训练线程</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>On</source>
        <translation>开启</translation>
    </message>
    <message>
        <source>Reduced</source>
        <translation>减少</translation>
    </message>
    <message>
        <source>every core</source>
        <translation>全部核心</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择……</translation>
    </message>
    <message>
        <source>Choose the workspace folder</source>
        <translation>选择工作区文件夹</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Workspace and threads change when Attune is started again. What lies in the old folder stays there.</source>
        <translation>工作区和线程数在下次启动&#x2009;Attune&#x2009;时生效。旧文件夹里的内容保持不动。</translation>
    </message>
    <message>
        <source>Workspace and threads take effect at the next start; everything else at once.</source>
        <translation>工作区和线程数在下次启动时生效，其余立即生效。</translation>
    </message>
    <message>
        <source>The environment variable ATTUNE_WORKSPACE sets the workspace. Without it, the folder is chosen here.</source>
        <translation>工作区由环境变量&#x2009;ATTUNE_WORKSPACE&#x2009;指定。没有设置它时，可以在这里选择文件夹。</translation>
    </message>
    <message>
        <source>Model hub</source>
        <translation>模型库</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>Where models are downloaded from: Hugging Face, a mirror laid out like it, or ModelScope.</source>
        <translation>从哪里下载模型：Hugging Face、与它同样布局的镜像，或&#x2009;ModelScope。</translation>
    </message>
    <message>
        <source>as the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>For downloads: http://host:port or socks5://host:port; &quot;none&quot; goes without the system&apos;s.</source>
        <translation>用于下载：http://主机:端口&#x2009;或&#x2009;socks5://主机:端口；填&#x2009;none&#x2009;则不用系统代理。</translation>
    </message>
</context>
<context>
    <name>attune::ui::SettingsForm</name>
    <message>
        <source>No setting matches.</source>
        <translation>没有匹配的设置。</translation>
    </message>
</context>
<context>
    <name>attune::ui::SplitDialog</name>
    <message>
        <source>Split the rows</source>
        <translation>拆分数据</translation>
    </message>
    <message>
        <source>Rows to measure on</source>
        <translation>用于验证的比例</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>File to train on</source>
        <translation>训练文件</translation>
    </message>
    <message>
        <source>File to measure on</source>
        <translation>验证文件</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>拆分</translation>
    </message>
    <message>
        <source>A file of that name is there and will be replaced.</source>
        <translation>已有同名文件，将被替换。</translation>
    </message>
    <message>
        <source>To train on: %1. To measure on: %2. The file itself stays as it is.</source>
        <translation>训练&#x2009;%1&#x2009;行，验证&#x2009;%2&#x2009;行。原文件保持不变。</translation>
    </message>
</context>
<context>
    <name>attune::ui::StartPage</name>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Fine-tune a language model on this machine.</source>
        <translation>在这台机器上微调语言模型。</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message>
        <source>A small model learns from the sample rows, which are about fine-tuning itself. The loss falls within a minute; after a few minutes you can compare its answers before and after.</source>
        <translation>小模型学习一组讲解微调本身的示例数据。一分钟内损失开始下降，几分钟后就能对比训练前后的回答。</translation>
    </message>
    <message>
        <source>Start the sample run</source>
        <translation>开始示例训练</translation>
    </message>
    <message>
        <source>Fine-tune my data</source>
        <translation>用我的数据微调</translation>
    </message>
    <message>
        <source>Open a file with conversations, questions and answers, or texts: JSON, JSON Lines, CSV or plain text. See what the model will be trained on, then choose a model.</source>
        <translation>打开含有对话、问答或文本的文件：JSON、JSON Lines、CSV&#x2009;或纯文本。先看清模型会学到什么，再选择模型。</translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation>打开文件……</translation>
    </message>
    <message>
        <source>Recent runs</source>
        <translation>最近的训练</translation>
    </message>
    <message>
        <source>The starter model is missing. Run ./dev setup once to fetch it and start Attune again, or train a model of your own on the sample rows.</source>
        <translation>缺少入门模型。运行一次&#x2009;./dev setup&#x2009;取得它再启动&#x2009;Attune，或用示例数据训练您自己的模型。</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Your runs appear here with their curve, loss and state. The sample run above is a good first one.</source>
        <translation>训练会列在这里，带有曲线、损失和状态。不妨先跑一次上面的示例训练。</translation>
    </message>
    <message>
        <source>Your runs appear here with their curve, loss and state.</source>
        <translation>训练会列在这里，带有曲线、损失和状态。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>再试一次</translation>
    </message>
    <message>
        <source>The engine that trains could not be loaded. You can look at data and runs meanwhile. %1</source>
        <translation>无法加载训练引擎。数据和已有的训练仍可查看。%1</translation>
    </message>
    <message>
        <source>%1 has changes that were not saved.</source>
        <translation>%1&#x2009;有未保存的修改。</translation>
    </message>
    <message>
        <source>Open it</source>
        <translation>打开它</translation>
    </message>
    <message>
        <source>Use a cluster</source>
        <translation>使用集群</translation>
    </message>
    <message>
        <source>Train on a supercomputer with Slurm: Attune submits the job, shows its curves as it runs, and brings the result home. Your computer may be off meanwhile.</source>
        <translation>在使用 Slurm 的超算上训练：Attune 提交作业，实时显示曲线，并把结果带回本机。其间您的电脑可以关机。</translation>
    </message>
    <message>
        <source>Open the clusters</source>
        <translation>打开集群</translation>
    </message>
</context>
<context>
    <name>attune::ui::StatusStrip</name>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Memory in use</source>
        <translation>已用内存</translation>
    </message>
    <message>
        <source>Engine not loaded</source>
        <translation>引擎未加载</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在检测本机……</translation>
    </message>
    <message numerus="yes">
        <source>CPU · %n core(s) · %1 · %2</source>
        <translation>
            <numerusform>CPU · %n&#x2009;核 · %1 · %2</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <comment>memory used of all</comment>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>训练进度</translation>
    </message>
    <message>
        <source>%1: %2 of %3 in use</source>
        <comment>a device&apos;s memory</comment>
        <translation>%1：已用&#x2009;%2，共&#x2009;%3</translation>
    </message>
    <message>
        <source>Attune itself: %1</source>
        <translation>Attune&#x2009;自身：%1</translation>
    </message>
    <message>
        <source>Other programs and the system: %1</source>
        <translation>其他程序与系统：%1</translation>
    </message>
    <message>
        <source>%1 is forecast to need %2 at most.</source>
        <translation>预测&#x2009;%1&#x2009;最多需要&#x2009;%2。</translation>
    </message>
</context>
<context>
    <name>attune::ui::TargetDraft</name>
    <message>
        <source>It may hold letters, digits and _ . : = - only, 64 at most.</source>
        <translation>只能含字母、数字和 _ . : = -，最多 64 个。</translation>
    </message>
    <message>
        <source>Choose a partition.</source>
        <translation>请选择分区。</translation>
    </message>
    <message>
        <source>Name the kind of card, such as dcu.</source>
        <translation>请给出卡的类型，例如 dcu。</translation>
    </message>
    <message>
        <source>Give a time, such as 90, 1:30, 2 h or 1 d.</source>
        <translation>请给出时间，例如 90、1:30、2 h 或 1 d。</translation>
    </message>
    <message>
        <source>%1 is no option of Slurm; write --constraint=name.</source>
        <translation>%1 不是 Slurm 的选项，请写作 --constraint=name。</translation>
    </message>
    <message>
        <source>There is no partition %1. There are: %2.</source>
        <translation>没有分区 %1。现有：%2。</translation>
    </message>
    <message>
        <source>%1 is closed: a job would wait for ever. Choose another one.</source>
        <translation>%1 已关闭，作业会一直等待。请选择别的分区。</translation>
    </message>
    <message>
        <source>%1 allows %2; you asked for %3.</source>
        <translation>%1 允许 %2，您要求了 %3。</translation>
    </message>
    <message>
        <source>%1 has %2 %3; you asked for %4.</source>
        <comment>partition, number, of what, number</comment>
        <translation>%1 有 %2 %3，您要求了 %4。</translation>
    </message>
    <message>
        <source>nodes</source>
        <translation>个节点</translation>
    </message>
    <message>
        <source>cores a node</source>
        <translation>核/节点</translation>
    </message>
    <message>
        <source>A node of %1 has %2.</source>
        <translation>%1 的每个节点有 %2。</translation>
    </message>
    <message>
        <source>%1 has no cards.</source>
        <translation>%1 没有卡。</translation>
    </message>
    <message>
        <source>%1 has other cards: %2.</source>
        <translation>%1 的卡是：%2。</translation>
    </message>
    <message>
        <source>%1 a node</source>
        <comment>a kind of card</comment>
        <translation>%1/节点</translation>
    </message>
    <message>
        <source>A run uses one card for now: the others would be held and stay idle.</source>
        <translation>目前一次训练只使用一张卡，其余的会被占用而闲置。</translation>
    </message>
    <message>
        <source>Looking at the partitions…</source>
        <translation>正在查看分区……</translation>
    </message>
    <message>
        <source>Not connected: the request is checked when the run begins.</source>
        <translation>未连接：请求会在训练开始时检查。</translation>
    </message>
    <message>
        <source>Free now: %1 of %2 nodes</source>
        <comment>counts</comment>
        <translation>目前空闲：节点 %1 / %2</translation>
    </message>
    <message>
        <source>A held allocation ends with a lost node and is never requeued; it is given back when the run ends.</source>
        <translation>占用的资源随节点失联而结束，不会重新排队；训练结束时归还。</translation>
    </message>
</context>
<context>
    <name>attune::ui::TargetForm</name>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>More of what the run asks for</source>
        <translation>更多请求项</translation>
    </message>
    <message>
        <source>Partition</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>The queue the job goes to.</source>
        <translation>作业所去的队列。</translation>
    </message>
    <message>
        <source>Kind of card</source>
        <translation>卡的类型</translation>
    </message>
    <message>
        <source>As Slurm calls it: dcu, or gpu:a100. Empty = no card.</source>
        <translation>按 Slurm 的叫法：dcu 或 gpu:a100。留空表示不用卡。</translation>
    </message>
    <message>
        <source>Cards a node</source>
        <translation>每节点卡数</translation>
    </message>
    <message>
        <source>0 = none: the run computes on the processor.</source>
        <translation>0 表示不用卡，在处理器上计算。</translation>
    </message>
    <message>
        <source>Cores a node</source>
        <translation>每节点核数</translation>
    </message>
    <message>
        <source>8 for each card, unless another number is typed.</source>
        <translation>默认每张卡 8 核，可以另填。</translation>
    </message>
    <message>
        <source>Time limit</source>
        <translation>时限</translation>
    </message>
    <message>
        <source>90, 1:30, 2 h or 1 d</source>
        <translation>90、1:30、2 h 或 1 d</translation>
    </message>
    <message>
        <source>Memory of a card, GiB</source>
        <translation>单卡显存（GiB）</translation>
    </message>
    <message>
        <source>Slurm does not say it. Given once, it is remembered, and the forecast below compares with it.</source>
        <translation>Slurm 不提供这个数字。填一次就会记住，下方的预测会与之比较。</translation>
    </message>
    <message>
        <source>Model on the cluster</source>
        <translation>集群上的模型</translation>
    </message>
    <message>
        <source>uploaded when empty</source>
        <translation>留空则上传</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>节点数</translation>
    </message>
    <message>
        <source>One, unless you know better.</source>
        <translation>一般为 1。</translation>
    </message>
    <message>
        <source>Memory a node, GiB</source>
        <translation>每节点内存（GiB）</translation>
    </message>
    <message>
        <source>The site&apos;s default unless a number is typed.</source>
        <translation>不填则用中心的默认值。</translation>
    </message>
    <message>
        <source>Account</source>
        <translation>帐号</translation>
    </message>
    <message>
        <source>the usual one</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>Quality of service</source>
        <translation>服务质量</translation>
    </message>
    <message>
        <source>Other options</source>
        <translation>其他选项</translation>
    </message>
    <message>
        <source>--constraint=name</source>
        <translation>--constraint=name</translation>
    </message>
    <message>
        <source>Submission</source>
        <translation>提交方式</translation>
    </message>
    <message>
        <source>sbatch, once</source>
        <translation>sbatch，不重排</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>On %1</source>
        <comment>a cluster</comment>
        <translation>在 %1 上</translation>
    </message>
    <message>
        <source>%1 (8 a card)</source>
        <comment>cores</comment>
        <translation>%1（每卡 8）</translation>
    </message>
    <message>
        <source>: </source>
        <comment>between a field&apos;s name and its problem</comment>
        <translation>：</translation>
    </message>
    <message>
        <source>The usual way is requeued: after preemption, a lost node or the time limit the run goes on from its checkpoint. salloc is for queues that refuse sbatch: an allocation is held for the run.</source>
        <translation>通常的方式会重新排队：被抢占、节点失联或到达时限后，从检查点继续。salloc 用于不接受 sbatch 的队列：为本次训练占用资源。</translation>
    </message>
    <message>
        <source>Script...</source>
        <translation>脚本...</translation>
    </message>
    <message>
        <source>What is sent to the cluster and called there, before anything is.</source>
        <translation>在发送任何内容之前，查看将发往集群并在那里执行的内容。</translation>
    </message>
</context>
<context>
    <name>attune::ui::TextFilesDialog</name>
    <message>
        <source>Copied.</source>
        <translation>已复制。</translation>
    </message>
    <message>
        <source>File of the job</source>
        <translation>作业的文件</translation>
    </message>
    <message>
        <source>The file&apos;s lines</source>
        <translation>文件内容</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>attune::ui::TokenView</name>
    <message>
        <source>token %1, trained</source>
        <translation>词元&#x2009;%1，参与训练</translation>
    </message>
    <message>
        <source>token %1, not trained</source>
        <translation>词元&#x2009;%1，不参与训练</translation>
    </message>
</context>
<context>
    <name>attune::ui::TrainPage</name>
    <message>
        <source>Train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Choose a model, data and settings.</source>
        <translation>选择模型、数据和设置。</translation>
    </message>
    <message>
        <source>Presets ▾</source>
        <translation>预设 ▾</translation>
    </message>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Where it runs</source>
        <translation>在哪里运行</translation>
    </message>
    <message>
        <source>Search settings… Ctrl+F</source>
        <translation>搜索设置…… Ctrl+F</translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation>搜索设置</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Basic</source>
        <translation>基本</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Which settings are shown</source>
        <translation>显示哪些设置</translation>
    </message>
    <message>
        <source>LoRA, standard</source>
        <translation>LoRA，标准</translation>
    </message>
    <message>
        <source>Full fine-tuning</source>
        <translation>全量微调</translation>
    </message>
    <message>
        <source>Try-out: the sample rows</source>
        <translation>试一试：示例数据</translation>
    </message>
    <message>
        <source>Recipe A: all weights, constant rate</source>
        <translation>配方&#x2009;A：全部权重，恒定学习率</translation>
    </message>
    <message>
        <source>Recipe B: LoRA, small batches</source>
        <translation>配方&#x2009;B：LoRA，小批次</translation>
    </message>
    <message>
        <source>Open settings…</source>
        <translation>打开设置……</translation>
    </message>
    <message>
        <source>Save settings…</source>
        <translation>保存设置……</translation>
    </message>
    <message>
        <source>Settings of the preset.</source>
        <translation>已套用预设。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Open settings</source>
        <translation>打开设置</translation>
    </message>
    <message>
        <source>Run settings (*.json)</source>
        <translation>训练设置 (*.json)</translation>
    </message>
    <message>
        <source>Save settings</source>
        <translation>保存设置</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为&#x2009;%1。</translation>
    </message>
    <message>
        <source>How often its rows are taken…</source>
        <translation>每轮取用次数……</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Times an epoch; 2.5 takes every row twice and half of them once more.</source>
        <translation>每轮次数；2.5&#x2009;表示每行取两次，其中一半再取一次。</translation>
    </message>
    <message>
        <source>Take it out</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Add a file…</source>
        <translation>添加文件……</translation>
    </message>
    <message>
        <source>Data to train on</source>
        <translation>训练数据</translation>
    </message>
    <message>
        <source>Datasets (*.json *.jsonl *.csv *.tsv *.txt *.md);;All files (*)</source>
        <translation>数据集 (*.json *.jsonl *.csv *.tsv *.txt *.md);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Add the sample rows</source>
        <translation>添加示例数据</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>%1 trained tokens</source>
        <translation>%1&#x2009;个训练词元</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n&#x2009;个文件</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose data</source>
        <translation>选择数据</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>%1 free on disk</source>
        <translation>磁盘空闲&#x2009;%1</translation>
    </message>
    <message>
        <source>The run does not fit into memory.</source>
        <translation>内存装不下这次训练。</translation>
    </message>
    <message>
        <source>Basic or all settings</source>
        <translation>基本设置或全部设置</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>as recognised</source>
        <translation>自动识别</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>另有&#x2009;%n&#x2009;处</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 was not opened, and the form is as it was.</source>
        <translation>没有打开&#x2009;%1，表单保持原样。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>The run cannot start: %1. The search hides this setting.</source>
        <translation>训练无法开始：%1。这项设置被搜索隐藏了。</translation>
    </message>
    <message>
        <source>Show it</source>
        <translation>显示</translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s)</source>
        <translation>
            <numerusform>%Ln&#x2009;行</numerusform>
        </translation>
    </message>
    <message>
        <source>The device %1 is not here.</source>
        <translation>本机没有设备&#x2009;%1。</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <comment>a cluster, its link</comment>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>Add a cluster…</source>
        <translation>添加集群……</translation>
    </message>
    <message>
        <source>no card</source>
        <translation>不用卡</translation>
    </message>
</context>
<context>
    <name>attune::ui::TransferStrip</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>beginning</source>
        <translation>开始中</translation>
    </message>
    <message>
        <source>done</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>stopped; what arrived is kept</source>
        <translation>已停止，已到的部分保留</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
</context>
<context>
    <name>attune::ui::TurnCard</name>
    <message>
        <source>Add a turn before</source>
        <translation>在前面加一轮</translation>
    </message>
    <message>
        <source>Add a turn after</source>
        <translation>在后面加一轮</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Remove this turn</source>
        <translation>移除这一轮</translation>
    </message>
    <message>
        <source>Role: %1</source>
        <translation>角色：%1</translation>
    </message>
    <message>
        <source>What can be done with this turn</source>
        <translation>对这一轮的操作</translation>
    </message>
    <message>
        <source>Only the beginning is shown, so it cannot be edited here: %1 more characters follow.</source>
        <translation>这里只显示开头，因此不能编辑；后面还有&#x2009;%1&#x2009;个字符。</translation>
    </message>
</context>
</TS>
