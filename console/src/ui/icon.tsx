const paths = {
  requests:
    'M4 6.500A1.500 1.500 0 0 1 5.500 5h4l2 2.500h7A1.500 1.500 0 0 1 20 9v8.500a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500z',
  tasks: 'm4 7 1.500 1.500L8.500 5.500M4 15.500 5.500 17l3-3M12 7h8M12 16h8',
  picture: 'M4 5h16v14H4zM4 16l4.500-4.500L13 16l3-3 4 4M9 9.500h.01',
  clinic: 'M12 5v14M5 12h14M4 4h16v16H4z',
  users:
    'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c.5-3.800 3-6 6.500-6s6 2.200 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.200 2.700 3.500 5.500',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 9.500v-5M8 19.500v-5',
  audit: 'M6 3h9l4 4v14H6zM9 12h6M9 16h6M9 8h3',
  metrics: 'M4 20h16M7 16v-5M12 16V6M17 16v-8',
  system: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.700-4 3.500-6 7.500-6s6.800 2 7.500 6',
  out: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  back: 'M19 12H5M11 6l-6 6 6 6',
  next: 'M5 12h14M13 6l6 6-6 6',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  warning: 'M12 4 2.800 20h18.400zM12 10v4.500M12 17.300h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.800h.01',
  upload: 'M12 16V5M7.500 9 12 4.500 16.500 9M4 16v3.500h16V16',
  play: 'M8 5.500v13l10.500-6.500z',
  stop: 'M7 7h10v10H7z',
  retry: 'M19.500 12a7.500 7.500 0 1 1-2.300-5.400M19.500 4v4h-4',
  keyboard: 'M3 7h18v10H3zM7 10.500h.01M11 10.500h.01M15 10.500h.01M8 14h8',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.500 4.500',
  link: 'M10 14 20 4M14 4h6v6M18 14v6H4V6h6',
  download: 'M12 4v11M7.500 11 12 15.500 16.500 11M4 16v3.500h16V16',
  webhook:
    'M8.500 9.500a4 4 0 1 1 6.500-3M9.500 7.500 6 14.500M6 20a3.500 3.500 0 1 1 0-6.500M17 20a3.500 3.500 0 1 0-2.500-6M14.500 6.500 17.500 13M9 17h8',
  reference: 'M8 8V4h12v12h-4M4 8h12v12H4zM4 17l4-4 5 5',
  organization: 'M4 20V5h9v15M13 10h7v10M3 20h18M7.500 9h2M7.500 13h2M16.500 14h.01M16.500 17h.01',
  camera: 'M3 7h12v10H3zM15 10.500 21 7v10l-6-3.500',
  undo: 'M8 5 4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-3',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
