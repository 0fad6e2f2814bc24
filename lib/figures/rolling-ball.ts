import { ink, label, sheet } from "./drawing";
import type { Figure, Layout } from "./figure";
import { palette } from "./figure";

/**
 * Figure 6-4: momentum as a ball on a slope. Its velocity is the part kept of the previous one, αv, plus
 * the push of the slope, −η ∂L/∂W (equations 6.3 and 6.4).
 */
export function rollingBall(): Figure {
  /** The slope, over x from 0 to 10; heights are pixels. */
  const slope = (x: number) => 42 + 3.7 * (x - 7.2) ** 2;
  const steepness = (x: number) => 7.4 * (x - 7.2);
  const radius = 20;
  // On a page of normal width the ball just touches the slope. On a narrow one, where the slope is
  // steeper, it sinks in a little: the ground, drawn over it, hides that.
  const pixelsAUnit = 68;
  const centre = (x: number) => slope(x) + radius * Math.hypot(1, steepness(x) / pixelsAUnit);

  const ball = (x: number, style: Layout): Layout => ({
    type: "circle",
    layer: "below",
    xsizemode: "pixel",
    ysizemode: "pixel",
    xanchor: x,
    yanchor: centre(x),
    x0: -radius,
    x1: radius,
    y0: -radius,
    y1: radius,
    fillcolor: ink,
    line: { width: 0 },
    ...style,
  });
  const now = 2.4;
  /** Heights on a line along the slope, `rise` pixels above the ball's centre. */
  const way = (rise: number) => (x: number) => centre(now) + rise + steepness(now) * (x - now);
  const arrow = (from: number, to: number, height: (x: number) => number, color: string): Layout => {
    return {
      x: to,
      y: height(to),
      ax: from,
      ay: height(from),
      xref: "x",
      yref: "y",
      axref: "x",
      ayref: "y",
      text: "",
      showarrow: true,
      arrowhead: 2,
      arrowsize: 1,
      arrowwidth: 3,
      arrowcolor: color,
    };
  };
  const beside = (x: number, height: (x: number) => number, text: string) =>
    label([x, height(x)], text, { xanchor: "left", yanchor: "bottom", xshift: 6 });
  const x = Array.from({ length: 51 }, (_, i) => i / 5);
  return {
    id: "6-4",
    caption:
      "Momentum as a ball on a slope. Its velocity v is what friction leaves of the one before, αv, plus the push of the slope against the gradient, −η ∂L/∂W. " +
      "On a long slope of one direction it gets faster and faster.",
    alt:
      "A ball rolls down a curved slope into a valley, past two paler balls where it was before, ever further apart. " +
      "Its new velocity v is an arrow along the slope, as long as two arrows in a row: a longer αv and a shorter −η ∂L/∂W.",
    data: [
      {
        type: "scatter",
        mode: "lines",
        x,
        y: x.map(slope),
        line: { color: "#8a929c", width: 3, shape: "spline" },
        fill: "tozeroy",
        fillcolor: "#e3e6ea",
        hoverinfo: "skip",
      },
    ],
    layout: {
      ...sheet(10, 256),
      yaxis: { visible: false, fixedrange: true, range: [0, 256] },
      shapes: [ball(0.75, { opacity: 0.25 }), ball(1.4, { opacity: 0.5 }), ball(now, { fillcolor: palette[4] })],
      annotations: [
        arrow(now, 4.4, way(0), palette[0]),
        arrow(now, 3.6, way(50), palette[2]),
        arrow(3.6, 4.4, way(50), palette[1]),
        beside(3, way(50), "kept of the old velocity: αv"),
        beside(4, way(50), "push of the slope: −η ∂L/∂W"),
        beside(4.4, way(0), "new velocity: v"),
        label([7.2, 20], "minimum of L"),
      ],
    },
  };
}
