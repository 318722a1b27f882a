<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Clusters</name>
    <message numerus="yes">
        <source>%n day(s)</source>
        <translation>
            <numerusform>%n day</numerusform>
            <numerusform>%n days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s)</source>
        <translation>
            <numerusform>%n hour</numerusform>
            <numerusform>%n hours</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n minute(s)</source>
        <translation>
            <numerusform>%n minute</numerusform>
            <numerusform>%n minutes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Numbers</name>
    <message numerus="yes">
        <source>%n byte(s)</source>
        <translation>
            <numerusform>%n byte</numerusform>
            <numerusform>%n bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n day(s)</source>
        <translation>
            <numerusform>%n day</numerusform>
            <numerusform>%n days</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ChatPage</name>
    <message numerus="yes">
        <source>Use a context of %n token(s)</source>
        <translation>
            <numerusform>Use a context of %n token</numerusform>
            <numerusform>Use a context of %n tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ChatPane</name>
    <message numerus="yes">
        <source>Show %n earlier turn(s)</source>
        <translation>
            <numerusform>Show %n earlier turn</numerusform>
            <numerusform>Show %n earlier turns</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The conversation before the answer: %n token(s)</source>
        <translation>
            <numerusform>The conversation before the answer: %n token</numerusform>
            <numerusform>The conversation before the answer: %n tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ChatTurn</name>
    <message numerus="yes">
        <source>Cut off after %n token(s).</source>
        <translation>
            <numerusform>Cut off after %n token.</numerusform>
            <numerusform>Cut off after %n tokens.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1… (%Ln more character(s))</source>
        <translation>
            <numerusform>%1… (%Ln more character)</numerusform>
            <numerusform>%1… (%Ln more characters)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterFiles</name>
    <message numerus="yes">
        <source>%n name(s) that could do harm here are left out.</source>
        <translation>
            <numerusform>%n name that could do harm here are left out.</numerusform>
            <numerusform>%n names that could do harm here are left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ClusterPartitions</name>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation>
            <numerusform>%n core</numerusform>
            <numerusform>%n cores</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ConversationsPanel</name>
    <message numerus="yes">
        <source>%Ln file(s) in the folder “conversations” cannot be read. They stay as they are.</source>
        <translation>
            <numerusform>%Ln file in the folder “conversations” cannot be read. They stay as they are.</numerusform>
            <numerusform>%Ln files in the folder “conversations” cannot be read. They stay as they are.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::DataPage</name>
    <message numerus="yes">
        <source>Brought back %Ln change(s) that had not been saved.</source>
        <translation>
            <numerusform>Brought back %Ln change that had not been saved.</numerusform>
            <numerusform>Brought back %Ln changes that had not been saved.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) deleted.</source>
        <translation>
            <numerusform>%Ln row deleted.</numerusform>
            <numerusform>%Ln rows deleted.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Replaced in %Ln row(s).</source>
        <translation>
            <numerusform>Replaced in %Ln row.</numerusform>
            <numerusform>Replaced in %Ln rows.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s)</source>
        <translation>
            <numerusform>%Ln row</numerusform>
            <numerusform>%Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::DatasetTableModel</name>
    <message numerus="yes">
        <source>%n error(s)</source>
        <translation>
            <numerusform>%n error</numerusform>
            <numerusform>%n errors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n note(s)</source>
        <translation>
            <numerusform>%n note</numerusform>
            <numerusform>%n notes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::DownloadDialog</name>
    <message numerus="yes">
        <source>%Ln file(s) chosen, %1.</source>
        <translation>
            <numerusform>%Ln file chosen, %1.</numerusform>
            <numerusform>%Ln files chosen, %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::FitDialog</name>
    <message numerus="yes">
        <source>The run fits with %n change(s).</source>
        <translation>
            <numerusform>The run fits with %n change.</numerusform>
            <numerusform>The run fits with %n changes.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ForecastCard</name>
    <message numerus="yes">
        <source>about %n step(s)</source>
        <translation>
            <numerusform>about %n step</numerusform>
            <numerusform>about %n steps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n setting(s) changed so that the run fits.</source>
        <translation>
            <numerusform>%n setting changed so that the run fits.</numerusform>
            <numerusform>%n settings changed so that the run fits.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::LengthHistogram</name>
    <message numerus="yes">
        <source>%1 to %2 tokens: %Ln row(s)</source>
        <translation>
            <numerusform>%1 to %2 tokens: %Ln row</numerusform>
            <numerusform>%1 to %2 tokens: %Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::MarkdownView</name>
    <message numerus="yes">
        <source>%Ln more character(s) are not shown. Copying takes them along.</source>
        <translation>
            <numerusform>%Ln more character are not shown. Copying takes them along.</numerusform>
            <numerusform>%Ln more characters are not shown. Copying takes them along.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelDetails</name>
    <message numerus="yes">
        <source>%Ln file(s), %1</source>
        <translation>
            <numerusform>%Ln file, %1</numerusform>
            <numerusform>%Ln files, %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %Ln more</source>
        <translation>
            <numerusform>and %Ln more</numerusform>
            <numerusform>and %Ln more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>More than %Ln file(s), together more than %1</source>
        <translation>
            <numerusform>More than %Ln file, together more than %1</numerusform>
            <numerusform>More than %Ln files, together more than %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ModelsPage</name>
    <message numerus="yes">
        <source>%Ln model(s)</source>
        <translation>
            <numerusform>%Ln model</numerusform>
            <numerusform>%Ln models</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::QuitGuard</name>
    <message numerus="yes">
        <source>%n waiting run(s) keep their places until Attune is opened again.</source>
        <translation>
            <numerusform>%n waiting run keep their places until Attune is opened again.</numerusform>
            <numerusform>%n waiting runs keep their places until Attune is opened again.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::ReplaceBar</name>
    <message numerus="yes">
        <source>Replace in the %Ln row(s) shown</source>
        <translation>
            <numerusform>Replace in the %Ln row shown</numerusform>
            <numerusform>Replace in the %Ln rows shown</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RowEditor</name>
    <message numerus="yes">
        <source>Show %n more turn(s)</source>
        <translation>
            <numerusform>Show %n more turn</numerusform>
            <numerusform>Show %n more turns</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RowPreviewPanel</name>
    <message numerus="yes">
        <source>of %Ln row(s)</source>
        <translation>
            <numerusform>of %Ln row</numerusform>
            <numerusform>of %Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RunActions</name>
    <message numerus="yes">
        <source>%n run(s) are in the trash.</source>
        <translation>
            <numerusform>%n run is in the trash.</numerusform>
            <numerusform>%n runs are in the trash.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RunLogView</name>
    <message numerus="yes">
        <source>%n line(s) found</source>
        <translation>
            <numerusform>%n line found</numerusform>
            <numerusform>%n lines found</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The last %n line(s) were copied.</source>
        <translation>
            <numerusform>The last %n line were copied.</numerusform>
            <numerusform>The last %n lines were copied.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::RunsPage</name>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n running</numerusform>
            <numerusform>%n running</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n finished</source>
        <translation>
            <numerusform>%n finished</numerusform>
            <numerusform>%n finished</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n run(s) have waited since Attune was last open.</source>
        <translation>
            <numerusform>%n run have waited since Attune was last open.</numerusform>
            <numerusform>%n runs have waited since Attune was last open.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n paused</source>
        <translation>
            <numerusform>%n paused</numerusform>
            <numerusform>%n paused</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n loading</source>
        <translation>
            <numerusform>%n loading</numerusform>
            <numerusform>%n loading</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::StatusStrip</name>
    <message numerus="yes">
        <source>CPU · %n core(s) · %1 · %2</source>
        <translation>
            <numerusform>CPU · %n core · %1 · %2</numerusform>
            <numerusform>CPU · %n cores · %1 · %2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>attune::ui::TrainPage</name>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n file</numerusform>
            <numerusform>%n files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s)</source>
        <translation>
            <numerusform>%Ln row</numerusform>
            <numerusform>%Ln rows</numerusform>
        </translation>
    </message>
</context>
</TS>
