/** A trace answer as a graph of focusable boxes. Loaded when first shown. */
import { Background, Controls, Handle, MarkerType, Position, ReactFlow, type Edge, type Node, type NodeProps } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import type { TraceAnswer } from '@tracegate/model/trace'
import { useMemo, useState } from 'react'
import { useDark } from '../../shared/browser.ts'
import { useText } from '../../shared/use-text.ts'
import { boxSize, layOutGraph, type GraphBox } from '../graph-layout.ts'
import { useNames } from '../use-names.ts'

type BoxNode = Node<{ readonly box: GraphBox; readonly asked: boolean; readonly onOpen: (box: GraphBox) => void }, 'box'>

const nodeTypes = { box: Box }
/** Boxes stay at least 24 px high (WCAG 2.5.8); a graph that does not fit is moved instead. */
const zoomMin = 0.45

export function TraceGraph({ answer, onPick }: { readonly answer: TraceAnswer; readonly onPick: (key: string) => void }) {
  const { t } = useText()
  const dark = useDark()
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set())
  const view = useMemo(() => layOutGraph(answer, expanded), [answer, expanded])
  const nodes = useMemo(
    () =>
      view.boxes.map((box): BoxNode => {
        const open = () => {
          if (box.count > 1) setExpanded((before) => new Set([...before, box.id]))
          else if (box.keys[0] !== undefined) onPick(box.keys[0])
        }
        return {
          id: box.id,
          type: 'box',
          position: { x: box.x, y: box.y },
          ...boxSize,
          data: { box, asked: box.keys.includes(answer.of), onOpen: open }
        }
      }),
    [view, onPick, answer.of]
  )
  const edges = useMemo(
    () =>
      view.lines.map((line): Edge => ({
        id: line.id,
        source: line.from,
        target: line.to,
        label: t(`edge.${line.kind}`),
        className: `edge-${line.kind}`,
        focusable: false,
        markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--quiet)' }
      })),
    [view, t]
  )
  return (
    <div className="graph" data-testid="trace-graph">
      <div className="graph-area">
        <ReactFlow
          key={`${answer.of}|${expanded.size}`}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          colorMode={dark ? 'dark' : 'light'}
          fitView
          fitViewOptions={{ minZoom: zoomMin, maxZoom: 1 }}
          minZoom={zoomMin}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          preventScrolling={false}
          zoomOnScroll={false}
          ariaLabelConfig={{ 'controls.ariaLabel': t('graph.controls'), 'controls.zoomIn.ariaLabel': t('map.zoomIn'), 'controls.zoomOut.ariaLabel': t('map.zoomOut'), 'controls.fitView.ariaLabel': t('map.fit') }} // prettier-ignore
        >
          <Background gap={24} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
      <p className="table-foot">
        {expanded.size === 0 ? null : (
          <button type="button" className="plain-button" onClick={() => setExpanded(new Set())}>
            {t('graph.collapse')}
          </button>
        )}
        {view.hidden > 0 ? <span className="note">{t('graph.hidden', { count: view.hidden })}</span> : null}
      </p>
    </div>
  )
}

function Box({ data }: NodeProps<BoxNode>) {
  const { code, t, language } = useText()
  const names = useNames()
  const { box, asked } = data
  const [first] = box.keys
  const name = first === undefined ? '' : box.count > 1 ? t('graph.group', { count: box.count }) : names.of(first, language)
  const place = box.node?.place === undefined ? undefined : names.of(box.node.place, language)
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        className={`graph-box kind-${box.kind}${asked ? ' asked' : ''}${box.count > 1 ? ' many' : ''}`}
        onClick={() => data.onOpen(box)}
        title={name}
      >
        <small>{code('kind', box.kind)}</small>
        <span className="graph-name">{name}</span>
        {place === undefined ? null : <small className="graph-place">{place}</small>}
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  )
}
